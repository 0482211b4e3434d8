"""How far an accuracy may be off: bootstrap over test samples and seeds, paired.

A resample draws test samples with replacement, the same ones for every run, so that what a sample's difficulty adds to
all of them falls out of a difference. It also draws the runs of each group with replacement; groups of the same seeds
draw the same ones. Drawn runs vary too little where there are few of them, by (r - 1) / r in variance, so their
deviations from the group's mean are first stretched by the root of r / (r - 1). A group of one run has no such spread:
its interval speaks of test samples alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from training.outcomes import Outcome

Answers = Mapping[str, Outcome]
"""A run's outcomes by cell."""
TOGETHER = 250  # resamples, of which all weights are held at once


class Drawn(NamedTuple):
    """A group's accuracy in percent, as measured and in each resample; differences of these are paired."""

    mean: float
    draws: Float[np.ndarray, " resamples"]
    samples: int
    """On how many test samples: those that all runs were asked."""


@dataclass(frozen=True)
class Bootstrap:
    """The knobs of it."""

    resamples: int = 2000
    """How often test samples and runs are drawn."""
    level: float = 95.0
    """Percent of the resamples that an interval holds."""
    seed: int = 0
    """Of the draws."""

    def __post_init__(self) -> None:
        if self.resamples < 100 or not 0 < self.level < 100:
            raise ValueError(f"need resamples >= 100, 0 < level < 100, got {self.resamples} and {self.level}")

    def __call__(self, groups: Mapping[str, Sequence[tuple[int, Answers]]]) -> dict[str, dict[str, Drawn]]:
        """For each cell that all runs have, what each group's accuracy may be.

        Args:
            groups: By name the runs of each, with their seeds, in rising order of these.
        """
        runs = [run for some in groups.values() for _, run in some]
        cells = sorted((cell for cell in runs[0] if all(cell in run for run in runs)), key=_natural)
        blocks: dict[bytes, list[tuple[str, np.ndarray]]] = {}
        for cell in cells:
            samples, right = aligned([run[cell] for run in runs])
            if len(samples):
                blocks.setdefault(samples.tobytes(), []).append((cell, right))
        found: dict[str, dict[str, Drawn]] = {cell: {} for cell in cells}
        for block in blocks.values():
            right = np.stack([right for _, right in block])  # [c r n]
            drawn, start = self._means(right), 0
            for name, some in groups.items():
                here = slice(start, start := start + len(some))
                taken = self._runs([seed for seed, _ in some])
                draws = np.einsum("br,bcr->cb", taken, _stretched(drawn[:, :, here]))
                for (cell, mine), draw in zip(block, draws, strict=True):
                    mean = 100 * float(mine[here].mean(dtype=np.float64))
                    found[cell][name] = Drawn(mean, draw, right.shape[2])
        return {cell: of for cell, of in found.items() if of}

    def interval(self, draws: Float[np.ndarray, " resamples"]) -> tuple[float, float]:
        """Ends of the interval that holds so many percent of the draws."""
        low, high = np.percentile(draws, [50 - self.level / 2, 50 + self.level / 2])
        return float(low), float(high)

    def _means(self, right: np.ndarray) -> Float[np.ndarray, "b c r"]:
        """Each run's accuracy in percent in each resample of the samples.

        How often a sample was drawn, times whether it was right, is one product of matrices. All sums are whole numbers
        below 2 ** 24, which single precision holds exactly: runs that answer alike differ by nothing.
        """
        count, samples = right.shape[:2], right.shape[2]
        answers = right.reshape(-1, samples).T.astype(np.float32)  # [n c·r]
        draws, parts = np.random.default_rng(self.seed), []
        for start in range(0, self.resamples, TOGETHER):
            lines = min(TOGETHER, self.resamples - start)
            drawn = draws.integers(samples, size=(lines, samples)) + samples * np.arange(lines)[:, None]
            weights = np.bincount(drawn.ravel(), minlength=lines * samples).reshape(lines, samples)
            parts.append(weights.astype(np.float32) @ answers)
        return 100 * np.concatenate(parts).astype(np.float64).reshape(-1, *count) / samples

    def _runs(self, seeds: Sequence[int]) -> Float[np.ndarray, "b r"]:
        """The share of each run in each resample: the same for groups of the same seeds."""
        draws = np.random.default_rng([self.seed, *(seed % 2**32 for seed in seeds)])
        return draws.multinomial(len(seeds), [1 / len(seeds)] * len(seeds), self.resamples) / len(seeds)


def aligned(outcomes: Sequence[Outcome]) -> tuple[np.ndarray, np.ndarray]:
    """Samples that all runs were asked, int64 [n] in rising order, and who was right, bool [r n]."""
    orders = [np.argsort(one.samples, kind="stable") for one in outcomes]
    known = [one.samples[order] for one, order in zip(outcomes, orders, strict=True)]
    common = reduce(lambda a, b: a if np.array_equal(a, b) else np.intersect1d(a, b), known)
    rows = [
        one.right[order][np.searchsorted(some, common)]
        for one, order, some in zip(outcomes, orders, known, strict=True)
    ]
    return common, np.stack(rows)


def _natural(cell: str) -> list[tuple[float, str]]:
    """By which cells are put in order: radii as numbers."""
    words = (word.replace(".", "", 1) for word in cell.split("/"))
    return [(float(w), "") if plain.isdecimal() else (-1.0, w) for w, plain in zip(cell.split("/"), words, strict=True)]


def _stretched(drawn: Float[np.ndarray, "b c r"]) -> Float[np.ndarray, "b c r"]:
    runs = drawn.shape[2]
    if runs == 1:
        return drawn
    mean = drawn.mean(2, keepdims=True)
    return mean + (drawn - mean) * (runs / (runs - 1)) ** 0.5
