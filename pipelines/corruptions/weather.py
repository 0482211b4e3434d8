"""Weather, drawn once for all frames of a clip: snow and fog that stand still."""

import numpy as np

from pipelines.corruptions.corruption import Frames
from pipelines.corruptions.linear import zoomed
from pipelines.corruptions.plasma import plasma
from pipelines.corruptions.scale import Scale, to_bytes
from pipelines.corruptions.stamp import streak

SNOW = Scale(
    (
        (0.1, 0.2, 1.0, 0.6, 8, 3.0, 0.95),
        (0.1, 0.2, 1.0, 0.5, 10, 4.0, 0.9),
        (0.15, 0.3, 1.75, 0.55, 10, 4.0, 0.9),
        (0.25, 0.3, 2.25, 0.6, 12, 6.0, 0.85),
        (0.3, 0.3, 1.25, 0.65, 14, 12.0, 0.8),
    ),
    (
        (0.1, 0.2, 1.0, 0.6, 8, 3.0, 0.8),
        (0.1, 0.2, 1.0, 0.5, 10, 4.0, 0.8),
        (0.15, 0.3, 1.75, 0.55, 10, 4.0, 0.7),
        (0.25, 0.3, 2.25, 0.6, 12, 6.0, 0.65),
        (0.3, 0.3, 1.25, 0.65, 14, 12.0, 0.6),
    ),
    (
        (0.1, 0.3, 3.0, 0.5, 10, 4.0, 0.8),
        (0.2, 0.3, 2.0, 0.5, 12, 4.0, 0.7),
        (0.55, 0.3, 4.0, 0.9, 12, 8.0, 0.7),
        (0.55, 0.3, 4.5, 0.85, 12, 8.0, 0.65),
        (0.55, 0.3, 2.5, 0.85, 12, 12.0, 0.55),
    ),
)
"""Of the flakes mean and deviation, factor of enlargement, what is bright enough to be one, radius and sigma of their
streaks in pixels; then what is left of the picture's own colours."""
FOG = Scale(
    ((0.2, 3.0), (0.5, 3.0), (0.75, 2.5), (1.0, 2.0), (1.5, 1.75)),
    ((0.4, 3.0), (0.7, 3.0), (1.0, 2.5), (1.5, 2.0), (2.0, 1.75)),
    ((1.5, 2.0), (2.0, 2.0), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4)),
)
"""How bright, 1 is white, and by which factor bumps of half the size are lower."""
GREY = np.array([0.299, 0.587, 0.114], np.float32)


def snow(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """Streaks, the same once more upside down, over a paler picture."""
    mean, deviation, factor, least, radius, sigma, left = SNOW.at(frames, severity)
    side = frames.shape[1]
    noise = (mean + deviation * draws.standard_normal((side, side), np.float32)).astype(np.float32)
    flakes = zoomed(side, factor)(noise[None, :, :, None])
    flakes = np.where(flakes < least, 0, np.minimum(flakes, 1))
    streaks = np.rint(255 * streak(radius, sigma, draws.uniform(-135, -45))(flakes, "edge"))
    grey = (frames @ GREY)[..., None]
    pale = left * frames + (1 - left) * np.maximum(frames, 1.5 * grey + 255 / 2)
    return to_bytes(pale + streaks + np.rot90(streaks, 2, (1, 2)))


def fog(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """A cloud is added, then all made as dark as the picture was."""
    bright, decay = FOG.at(frames, severity)
    side, most = frames.shape[1], frames.max() / 255
    cloud = plasma(1 << (side - 1).bit_length(), decay, draws)[:side, :side, None]
    return to_bytes((frames + np.float32(255 * bright) * cloud) * np.float32(most / (most + bright)))
