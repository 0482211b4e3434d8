"""Who is attacked, from where, and at which radius each sample breaks."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from shards.keyed import uniforms
from training.chunked import Measure, Rows
from training.probes.split import SPLIT_SEED
from training.robustness.pgd import PGD, Classifier

Clips = Float[Tensor, "b t c h w"]


def random_starts(samples: np.ndarray, shape: tuple[int, ...], restart: int = 0) -> Clips:
    """Uniform in -1 … 1, a pure function of each sample's number and the restart's: the same for every encoder."""
    zero, count = np.zeros(1, np.int64), math.prod(shape)
    rows = [uniforms(SPLIT_SEED, "attack", zero, np.array([n]), restart, count)[0].astype(np.float32) for n in samples]
    return torch.from_numpy(np.stack(rows)).view(len(samples), *shape) * 2 - 1


def breaking_radii(
    classify: Classifier, clips: Clips, labels: Int[Tensor, " b"], starts: Sequence[Clips], attacks: Sequence[PGD]
) -> Float[Tensor, " b"]:
    """The radius of the first of ``attacks`` that breaks each clip: 0 if it is wrong as it is, inf if none does.

    An attack breaks a clip if it does so from any of ``starts``. ``attacks`` rise in radius. What a smaller radius
    broke is not tried again: the larger ball contains that clip too.
    """
    with torch.no_grad():
        right = classify(clips).argmax(1) == labels
    breaks = torch.where(right, torch.inf, 0.0).double()
    for attack in attacks:
        for start in starts:
            left = breaks.isinf().nonzero()[:, 0]
            if len(left):
                _, broken = attack(classify, clips[left], labels[left], start[left])
                breaks[left[broken]] = attack.radius
    return breaks


def still_right(
    classify: Classifier,
    clips: Clips,
    labels: Int[Tensor, " b"],
    starts: Sequence[Clips],
    attacks: Sequence[PGD],
    apart: bool = False,
) -> Bool[Tensor, "b r"]:
    """Which clips are right without an attack (the first column), and under each of ``attacks``.

    With ``apart`` each radius is tried by itself, as published figures of attacks that take one step are; else what a
    smaller radius breaks counts as broken at every larger one.
    """
    groups = [[attack] for attack in attacks] if apart else [attacks]
    breaks = [breaking_radii(classify, clips, labels, starts, group) for group in groups]
    under = [radius > attack.radius for radius, group in zip(breaks, groups, strict=True) for attack in group]
    return torch.stack([breaks[0] > 0, *under], 1)


def few_at_a_time(measure: Measure, together: int) -> Measure:
    """``measure`` of so many samples of a chunk at a time, end to end: fewer need less memory."""

    def measured(numbers: np.ndarray, clips: Tensor) -> Rows:
        parts = [
            measure(some, clips[at : at + together])
            for at, some in ((at, numbers[at : at + together]) for at in range(0, len(numbers), together))
        ]
        return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}

    return measured


def refuse_twice(*radii: tuple[float, ...]) -> None:
    """Raises: ``ValueError`` if a list holds a radius twice, as it is written in a table."""
    for some in radii:
        if len({f"{radius:g}" for radius in some}) < len(some):
            raise ValueError(f"each radius once, got {' '.join(map(str, some))}")
