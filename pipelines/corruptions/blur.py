"""Blurs. Directions and displacements are drawn once for all frames of a clip."""

from functools import cache

import numpy as np

from pipelines.corruptions.corruption import Frames
from pipelines.corruptions.linear import gaussian, zoomed
from pipelines.corruptions.scale import Scale, to_bytes
from pipelines.corruptions.stamp import Stamp, streak

DEFOCUS = Scale(
    ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1.0, 0.2), (1.5, 0.1)),
    ((0.5, 0.6), (1.0, 0.1), (1.5, 0.1), (2.5, 0.01), (3.0, 0.1)),
    ((3.0, 0.1), (4.0, 0.5), (6.0, 0.5), (8.0, 0.5), (10.0, 0.5)),
)
"""Radius of a disk, and sigma of the Gaussian that softens its rim, in pixels."""
GLASS = Scale(
    ((0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2)),
    ((0.1, 1, 1), (0.5, 1, 1), (0.6, 1, 2), (0.7, 2, 1), (0.9, 2, 2)),
    ((0.7, 1, 2), (0.9, 2, 1), (1.0, 2, 3), (1.1, 3, 2), (1.5, 4, 2)),
)
"""Sigma before and after, furthest move of a pixel, in pixels, and how often all are moved."""
MOTION = Scale(
    ((6, 1.0), (6, 1.5), (6, 2.0), (8, 2.0), (9, 2.5)),
    ((10, 1.0), (10, 1.5), (10, 2.0), (10, 2.5), (12, 3.0)),
    ((10, 3.0), (15, 5.0), (15, 8.0), (15, 12.0), (20, 15.0)),
)
"""Radius and sigma of a streak, in pixels."""
FINE = ((1.06, 0.01), (1.11, 0.01), (1.16, 0.01), (1.21, 0.01), (1.26, 0.01))
ZOOM = Scale(FINE, FINE, ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03)))
"""Where the factors end, which begin at 1, and their steps."""
GAUSSIAN = Scale((0.4, 0.6, 0.7, 0.8, 1.0), (0.5, 0.75, 1.0, 1.25, 1.5), (1.0, 2.0, 3.0, 4.0, 6.0))
"""Sigma in pixels."""


def defocus_blur(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """Out of focus: each point becomes a disk."""
    return to_bytes(_disk(*DEFOCUS.at(frames, severity))(frames, "reflect"))


def glass_blur(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """Through frosted glass: pixels change places between two small blurs.

    They are copied, not exchanged: the exchange in the published code works on views of one array, and so it copies.
    """
    from pipelines.corruptions.stirring import stir  # numba takes a third of a second to be imported

    sigma, reach, times = GLASS.at(frames, severity)
    side = frames.shape[1]
    soften = gaussian(side, sigma)
    stirred = to_bytes(soften(frames.astype(np.float32)))
    moves = draws.integers(-reach, reach, (times, side - 2 * reach, side - 2 * reach, 2), np.int8)
    stir(stirred, moves)
    return to_bytes(soften(stirred.astype(np.float32)))


def motion_blur(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """The camera moved in a direction of -45° … 45°."""
    return to_bytes(streak(*MOTION.at(frames, severity), draws.uniform(-45, 45))(frames, "edge"))


def zoom_blur(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """The camera came nearer: the mean of the picture and of ever larger ones, of which the first is itself."""
    end, step = ZOOM.at(frames, severity)
    factors, pixels = np.arange(1, end, step), frames.astype(np.float32)
    total = pixels.copy()
    for factor in factors.tolist():
        total += zoomed(frames.shape[1], factor)(pixels)
    return to_bytes(total / np.float32(len(factors) + 1))


def gaussian_blur(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """A Gaussian."""
    return to_bytes(gaussian(frames.shape[1], GAUSSIAN.at(frames, severity))(frames.astype(np.float32)))


@cache
def _disk(radius: float, sigma: float) -> Stamp:
    """A disk whose rim a Gaussian of three taps, of five for large disks, has softened.

    Mirrored at the rim of its array, which large disks touch: their sum is not quite 1 then, as published.
    """
    half, taps = (8, 3) if radius <= 8 else (int(radius), 5)
    away = np.arange(-half, half + 1)
    disk = (away[:, None] ** 2 + away**2 <= radius**2).astype(float)
    disk /= disk.sum()
    kernel = np.exp(-0.5 * (np.arange(-(taps // 2), taps // 2 + 1) / sigma) ** 2)
    for axis in (0, 1):
        padded = np.pad(disk, [(taps // 2, taps // 2) if a == axis else (0, 0) for a in (0, 1)], mode="reflect")
        windows = np.lib.stride_tricks.sliding_window_view(padded, taps, axis)
        disk = windows @ (kernel / kernel.sum())
    down, right = np.nonzero(disk > 1e-9)
    return Stamp(disk[down, right], down - half, right - half)
