"""Blurring and enlarging of square pictures: the same matrix mixes rows, then columns."""

from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple

import numpy as np

Edge = Literal["edge", "symmetric"]
"""What lies outside, as ``numpy.pad`` names it: the last pixel, or the picture's mirror image."""


class Mixture(NamedTuple):
    """A matrix of weights."""

    weights: np.ndarray
    """float32 [m, n]"""
    band: np.ndarray
    """int64 [m, 2]: where each row begins and ends to be other than zero."""

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """From float32 [t, n, n, c] to [t, m, m, c]: rows are mixed, then columns."""
        from pipelines.corruptions.banded import mix  # numba takes a third of a second to be imported

        (count, side, _, depth), size = frames.shape, len(self.weights)
        mixed = np.empty((count, size, size, depth), np.float32)
        for frame, room in zip(frames, mixed, strict=True):
            rows = mix(*self, frame.reshape(side, -1)).reshape(size, side, depth)
            columns = mix(*self, np.ascontiguousarray(rows.transpose(1, 0, 2)).reshape(side, -1))
            room[:] = columns.reshape(size, size, depth).transpose(1, 0, 2)
        return mixed


@cache
def gaussian(side: int, sigma: float, edge: Edge = "edge", truncate: float = 4.0) -> Mixture:
    """A Gaussian of ``sigma`` pixels, cut off after ``truncate`` times so many; nothing happens if that is below ½."""
    reach = int(truncate * sigma + 0.5)
    away = np.arange(-reach, reach + 1)
    taps = np.exp(-0.5 * (away / sigma) ** 2) if reach else np.ones(1)
    sources = np.pad(np.arange(side), reach, mode=edge)
    weights = np.zeros((side, side))
    for i in range(side):
        np.add.at(weights[i], sources[i : i + len(taps)], taps / taps.sum())
    return _banded(weights)


@cache
def zoomed(side: int, factor: float) -> Mixture:
    """The middle of a picture enlarged: its corners stay corners, and what is too much is cut off on both sides."""
    seen = int(np.ceil(side / factor))
    size = round(seen * factor)
    places = np.arange(size) * ((seen - 1) / (size - 1)) + (side - seen) // 2
    cut = (size - side) // 2
    return interpolating(places[cut : cut + side].tolist(), side)


def interpolating(places: Sequence[float], side: int) -> Mixture:
    """Linear interpolation between ``side`` pixels at these places, which are held within 0 … side - 1."""
    here = np.clip(places, 0, side - 1)
    left = np.minimum(here.astype(int), side - 2)
    weights, rows = np.zeros((len(here), side)), np.arange(len(here))
    weights[rows, left], weights[rows, left + 1] = 1 - (here - left), here - left
    return _banded(weights)


def _banded(weights: np.ndarray) -> Mixture:
    there = weights > 0
    band = np.stack([there.argmax(1), weights.shape[1] - there[:, ::-1].argmax(1)], 1)
    return Mixture(weights.astype(np.float32), band.astype(np.int64))
