"""A classifier's answers to a data set that has other classes than its own: classes are matched by name."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from training.robustness.categories import CATEGORIES

Members = dict[int, list[int]]
"""Of each class of a data set that a classifier knows, by number, the classifier's classes that are it."""


def members_of(names: Sequence[str], known: Sequence[str]) -> Members:
    """Which of the ``known`` classes are each of the named ones: that of the same name, or the wnids of a category."""
    place = {name: number for number, name in enumerate(known)}
    found = [[place[own] for own in (name, *CATEGORIES.get(name, ())) if own in place] for name in names]
    return {number: own for number, own in enumerate(found) if own}


def decide(logits: Float[Tensor, "b c"], members: Members) -> Int[Tensor, " b"]:
    """The data set's class whose members have the highest mean probability; unknown classes are never chosen.

    Where each has one member this is the largest of the logits that remain, as ImageNet-R's protocol asks; where a
    category has many, the mean is what texture-vs-shape's code/probabilities_to_decision.py takes.
    """
    # the softmax's denominator is the same for all; logarithms, so that small probabilities do not become zero
    means = [logits[:, own].logsumexp(1) - math.log(len(own)) for own in members.values()]
    numbers = torch.tensor([*members], device=logits.device)
    return numbers[torch.stack(means, 1).argmax(1)]
