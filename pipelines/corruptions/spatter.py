"""Drops of water or mud on the lens, drawn once for all frames of a clip. OpenCV finds the rims of the drops."""

import numpy as np

from pipelines.corruptions.corruption import Frames
from pipelines.corruptions.linear import gaussian
from pipelines.corruptions.optional import require
from pipelines.corruptions.scale import Scale, to_bytes

SPATTER = Scale(
    (
        (0.62, 0.1, 0.7, 0.7, 0.5, 0), (0.65, 0.1, 0.8, 0.7, 0.5, 0), (0.65, 0.3, 1.0, 0.69, 0.5, 0),
        (0.65, 0.1, 0.7, 0.69, 0.6, 1), (0.65, 0.1, 0.5, 0.68, 0.6, 1),
    ),
    (
        (0.62, 0.1, 0.7, 0.7, 0.6, 0), (0.65, 0.1, 0.8, 0.7, 0.6, 0), (0.65, 0.3, 1.0, 0.69, 0.6, 0),
        (0.65, 0.1, 0.7, 0.68, 0.6, 1), (0.65, 0.1, 0.5, 0.67, 0.6, 1),
    ),
    (
        (0.65, 0.3, 4.0, 0.69, 0.6, 0), (0.65, 0.3, 3.0, 0.68, 0.6, 0), (0.65, 0.3, 2.0, 0.68, 0.5, 0),
        (0.65, 0.3, 1.0, 0.65, 1.5, 1), (0.67, 0.4, 1.0, 0.65, 1.5, 1),
    ),
)  # fmt: skip
"""Of the liquid mean, deviation and sigma in pixels, where there is enough for a drop; how bright water is, or the
sigma in pixels of mud's rims; 1 for mud."""
WATER, MUD = np.array([175, 238, 238], np.float32), np.array([63, 42, 20], np.float32)
RIM = 20  # pixels from a rim beyond which water looks the same
RELIEF = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])  # light from the upper left
THICK = 0.8  # of the softened mud, below which there is none


def spatter(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """Three severities of water, which lightens, then two of mud, which covers."""
    mean, deviation, sigma, least, strength, muddy = SPATTER.at(frames, severity)
    side = frames.shape[1]
    noise = (mean + deviation * draws.standard_normal((side, side), np.float32)).astype(np.float32)
    liquid = _soft(noise, sigma)
    if muddy:
        covered = _soft((liquid > least).astype(np.float32), strength)
        covered = np.where(covered < THICK, 0, covered)[..., None]
        return to_bytes(frames * (1 - covered) + covered * MUD)
    water = _water(to_bytes(255 * np.where(liquid < least, 0, liquid)))
    return to_bytes(frames + np.float32(strength) * water[..., None] * WATER)


def _water(drops: np.ndarray) -> np.ndarray:
    """How much light drops, uint8 [n, n], add: float32 [n, n], 0 … 1."""
    require("spatter")
    import cv2

    away = cv2.distanceTransform(255 - cv2.Canny(drops, 50, 150), cv2.DIST_L2, 5)
    depth = cv2.equalizeHist(cv2.blur(np.minimum(away, RIM), (3, 3)).astype(np.uint8))
    lit = cv2.blur(cv2.filter2D(depth, cv2.CV_8U, RELIEF), (3, 3)).astype(np.float32)
    light = drops * lit
    return light / max(light.max(), 1)


def _soft(plane: np.ndarray, sigma: float) -> np.ndarray:
    return gaussian(len(plane), sigma)(plane[None, :, :, None])[0, :, :, 0]
