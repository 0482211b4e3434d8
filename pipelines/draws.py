"""Every random draw of a view, by name. Who draws passes a purpose; decoders and augmentations only execute draws."""

from dataclasses import dataclass

import numpy as np

from shards.keyed import uniforms, uniforms_of_each

VIEWS = 2  # of a sample, where nobody asks for another number


@dataclass(frozen=True)
class Draws:
    """The random numbers of one view of one batch: a pure function of (seed, epoch, sample, view, purpose)."""

    seed: int
    epochs: np.ndarray
    """int64 [b]"""
    samples: np.ndarray
    """int64 [b]"""
    view: int

    def __len__(self) -> int:
        return len(self.samples)

    def uniform(self, purpose: str, count: int, low: float | np.ndarray = 0.0, high: float = 1.0) -> np.ndarray:
        """Uniform in [low, high): float64 of shape [b, count]; ``low`` broadcasts against that."""
        return low + (high - low) * uniforms(self.seed, purpose, self.epochs, self.samples, self.view, count)

    def each(self, *purposes: str) -> np.ndarray:
        """One number in [0, 1) for each purpose, as ``uniform`` draws it: float64 of shape [purposes, b]."""
        return uniforms_of_each(self.seed, purposes, self.epochs, self.samples, self.view, 1)[..., 0]

    def below(self, purpose: str, bounds: np.ndarray | int, count: int = 1) -> np.ndarray:
        """Integers in 0 … bound - 1: int64 of shape [b, count]; ``bounds`` broadcasts against that."""
        return np.floor(self.uniform(purpose, count) * bounds).astype(np.int64)

    def chance(self, purpose: str, probability: float) -> np.ndarray:
        """Which samples something happens to: bool of shape [b]."""
        return self.uniform(purpose, 1)[:, 0] < probability


def draws_of(seed: int, epochs: np.ndarray, samples: np.ndarray, views: int = VIEWS) -> tuple[Draws, ...]:
    """The draws of the first ``views`` views of each sample."""
    return tuple(Draws(seed, epochs, samples, view) for view in range(views))
