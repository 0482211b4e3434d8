"""Noise, drawn anew for each frame and each colour of each pixel."""

import numpy as np

from pipelines.corruptions.corruption import Frames
from pipelines.corruptions.scale import Scale, to_bytes

GAUSSIAN = Scale((0.04, 0.06, 0.08, 0.09, 0.10), (0.04, 0.08, 0.12, 0.15, 0.18), (0.08, 0.12, 0.18, 0.26, 0.38))
"""Standard deviation, in pixel units: 1 is the way from black to white."""
SHOT = Scale((500, 250, 100, 75, 50), (250, 100, 50, 30, 15), (60, 25, 12, 5, 3))
"""Photons that make white."""
IMPULSE = Scale((0.01, 0.02, 0.03, 0.05, 0.07), (0.01, 0.02, 0.05, 0.08, 0.14), (0.03, 0.06, 0.09, 0.17, 0.27))
"""Share of values that become black or white."""
SPECKLE = Scale((0.06, 0.1, 0.12, 0.16, 0.2), (0.15, 0.2, 0.25, 0.3, 0.35), (0.15, 0.2, 0.35, 0.45, 0.6))
"""Standard deviation, as a share of the pixel."""


def gaussian_noise(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """The same noise everywhere: that of a sensor in bad light."""
    noise = draws.standard_normal(frames.shape, np.float32)
    return to_bytes(frames + 255 * np.float32(GAUSSIAN.at(frames, severity)) * noise)


def shot_noise(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """Photons are counted: more noise where it is brighter."""
    white = SHOT.at(frames, severity)
    return to_bytes(draws.poisson(frames * (white / 255)) * (255 / white))


def impulse_noise(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """Single values are lost: half of them become black, half white."""
    share = IMPULSE.at(frames, severity)
    lot = draws.random(frames.shape, np.float32)
    return np.where(lot < share / 2, np.uint8(255), np.where(lot < share, np.uint8(0), frames))


def speckle_noise(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """Noise in proportion to the pixel."""
    noise = draws.standard_normal(frames.shape, np.float32)
    return to_bytes(frames * (1 + np.float32(SPECKLE.at(frames, severity)) * noise))
