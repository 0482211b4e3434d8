"""Alignment and uniformity of features on the sphere (Wang and Isola, 2020): the two things that contrast asks for."""

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from training.probes.task import Task

CHUNK = 1024  # rows at a time, so that the matrix of distances stays small


def alignment(first: Float[Tensor, "n d"], second: Float[Tensor, "n d"]) -> float:
    """Mean squared distance between the unit features of two views of a sample: 0 if views do not matter, at most 4."""
    return (F.normalize(first, dim=1) - F.normalize(second, dim=1)).square().sum(1).mean().item()


def uniformity(features: Float[Tensor, "n d"], t: float = 2.0) -> float:
    """Logarithm of the mean over pairs of exp(-t |x - y|^2), of unit features x, y: 0 if all are one point.

    The lower, the more evenly they cover the sphere. Features in many dimensions that are spread perfectly evenly have
    about -2 t.
    """
    if len(features) < 2:
        return math.nan  # no pair
    unit, sums = F.normalize(features.double(), dim=1), []
    for start in range(0, len(unit), CHUNK):
        rows = unit[start : start + CHUNK]
        exponents = -t * (2 - 2 * rows @ unit[start:].T)
        ours = torch.ones_like(exponents, dtype=torch.bool).triu(1)  # each pair once, none with itself
        sums.append(exponents[ours].logsumexp(0))
    pairs = len(unit) * (len(unit) - 1) / 2
    return (torch.stack(sums).logsumexp(0) - math.log(pairs)).item()


def geometry(tasks: Mapping[str, Task], views: Mapping[str, Float[Tensor, "v n d"]]) -> dict[str, dict[str, float]]:
    """Of each encoder, alignment of two views of the validation samples, uniformity of these samples as they are."""
    return {
        name: {"alignment": alignment(*pair), "uniformity": uniformity(tasks[name].train[tasks[name].held])}
        for name, pair in views.items()
    }
