"""A picture laid over itself many times, shifted: blurs that are not a row's and a column's."""

import math
from typing import Literal, NamedTuple

import numpy as np


class Stamp(NamedTuple):
    """What each pixel is made of: weights of pixels so far below and to the right of it."""

    weights: np.ndarray
    """float [k]"""
    down: np.ndarray
    """int [k]"""
    right: np.ndarray
    """int [k]"""

    def __call__(self, frames: np.ndarray, edge: Literal["edge", "reflect"]) -> np.ndarray:
        """Blur [t, h, w, c] of any type to float32. ``edge`` is what lies outside, as ``numpy.pad`` names it."""
        from pipelines.corruptions.banded import add_shifted  # numba takes a third of a second to be imported

        count, height, width, depth = frames.shape
        reach = int(max(abs(self.down).max(), abs(self.right).max()))
        room = [(0, 0), (reach, reach), (reach, reach), (0, 0)]
        padded = np.pad(frames, room, mode=edge).astype(np.float32).reshape(count, height + 2 * reach, -1)
        taps = self.weights.astype(np.float32), self.down + reach, (self.right + reach) * depth
        blurred = [add_shifted(frame, *taps, height, width * depth) for frame in padded]
        return np.stack(blurred).reshape(frames.shape)


def streak(radius: int, sigma: float, angle: float) -> Stamp:
    """Half a Gaussian of 2 · radius + 1 pixels along a line, in degrees: ImageMagick's motion blur."""
    along = np.arange(2 * radius + 1)
    weights = np.exp(-0.5 * (along / sigma) ** 2)
    across, down = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    steps = [np.ceil(along * part - 0.5).astype(np.int64) for part in (down, across)]
    return Stamp(weights / weights.sum(), *steps)
