"""Frost on the window: ImageNet-C's own pictures, which come with the optional dependency; none are made up here."""

from functools import lru_cache

import numpy as np
from PIL import Image

from pipelines.corruptions.corruption import Frames
from pipelines.corruptions.linear import interpolating
from pipelines.corruptions.optional import picture, require
from pipelines.corruptions.scale import Scale, to_bytes

FROST = Scale(
    ((1, 0.2), (1, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45)),
    ((1, 0.3), (0.9, 0.4), (0.8, 0.45), (0.75, 0.5), (0.7, 0.55)),
    ((1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)),
)
"""Shares of the picture and of the frost in their sum."""
SIZE = Scale((0.2,) * 5, (0.3,) * 5, (1.0,) * 5)
"""To which the pictures of frost are made smaller."""
PICTURES = ("frost1.png", "frost2.png", "frost3.png", "frost4.jpg", "frost5.jpg")
"""The published code draws one of five and never the sixth."""


def frost(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """A piece of a picture of frost, drawn once for all frames of a clip, added to the clip."""
    side = frames.shape[1]
    kept, added = FROST.at(frames, severity)
    ice = _ice(PICTURES[draws.integers(len(PICTURES))], SIZE.at(frames, severity), side)
    top, left = (draws.integers(length - side) for length in ice.shape[:2])
    return to_bytes(np.float32(kept) * frames + np.float32(added) * ice[top : top + side, left : left + side])


@lru_cache(maxsize=16)
def _ice(name: str, factor: float, side: int) -> np.ndarray:
    """Frost, float32 [h, w, 3], 0 … 255, larger than ``side`` both ways: linearly interpolated, not smoothed."""
    require("frost")
    with Image.open(picture(name), formats=("PNG", "JPEG")) as file:
        ice = np.asarray(file.convert("RGB"), np.float32)
    factor = max(factor, (side + 1) / min(ice.shape[:2]))
    if factor == 1:
        return ice
    return np.rint(_along(_along(ice, factor).transpose(1, 0, 2), factor).transpose(1, 0, 2))


def _along(ice: np.ndarray, factor: float) -> np.ndarray:
    """The first axis resized, as OpenCV places pixels: centres stay centres."""
    count = round(len(ice) * factor)
    weights = interpolating(((np.arange(count) + 0.5) / factor - 0.5).tolist(), len(ice)).weights
    return np.tensordot(weights, ice, 1)
