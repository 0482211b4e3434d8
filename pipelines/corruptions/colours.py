"""Light and colour. A clip is one tall picture here, so that nothing flickers."""

import numpy as np

from pipelines.corruptions.corruption import Frames
from pipelines.corruptions.scale import Scale, to_bytes

BRIGHTNESS = Scale((0.05, 0.1, 0.15, 0.2, 0.3), (0.1, 0.2, 0.3, 0.4, 0.5), (0.1, 0.2, 0.3, 0.4, 0.5))
"""What is added to the value (of hue, saturation, value), 0 … 1."""
CONTRAST = Scale((0.75, 0.5, 0.4, 0.3, 0.15), (0.4, 0.3, 0.2, 0.1, 0.05), (0.4, 0.3, 0.2, 0.1, 0.05))
"""What is left of the distance from each colour's mean."""
SATURATE = Scale(
    ((0.3, 0), (0.1, 0), (1.5, 0), (2, 0.1), (2.5, 0.2)),
    ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (30, 0.2)),
    ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2)),
)
"""Factor of the saturation, 0 … 1, and what is added: two severities have less colour, three have more."""


def brightness(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """More light: hue and saturation stay, so the colours of a pixel grow by one factor."""
    value = _value(frames)
    more = np.minimum(value + np.float32(255 * BRIGHTNESS.at(frames, severity)), 255)
    return to_bytes(np.where(value > 0, frames * (more / np.maximum(value, 1)), more))


def contrast(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """Every colour moves towards its mean over the clip."""
    mean, left = frames.mean((0, 1, 2)), CONTRAST.at(frames, severity)
    table = to_bytes((np.arange(256)[:, None] - mean) * left + mean)
    return np.stack([table[:, colour][frames[..., colour]] for colour in range(3)], axis=-1)


def saturate(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """Less or more colour at the same hue and value. Grey has no hue: what is added makes it red, as published."""
    factor, more = SATURATE.at(frames, severity)
    value = _value(frames)
    below = value - frames  # value · saturation in the darkest colour
    most = np.maximum(np.maximum(below[..., :1], below[..., 1:2]), below[..., 2:])
    wanted = np.minimum(factor * most + np.float32(more) * value, value)
    red = np.array([0, 1, 1], np.float32)
    return to_bytes(value - np.where(most > 0, below / np.maximum(most, 1), red) * wanted)


def _value(frames: Frames) -> np.ndarray:
    """The largest colour of each pixel, float32 [t, h, w, 1], 0 … 255."""
    red, green, blue = (frames[..., colour : colour + 1] for colour in range(3))
    return np.maximum(np.maximum(red, green), blue).astype(np.float32)
