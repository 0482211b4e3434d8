"""What was drawn for the views of a batch: numbers only, so that whoever executes them makes the same pixels."""

from dataclasses import dataclass

import numpy as np

from pipelines.draws import Draws
from pipelines.views.steps import Blur, ColorJitter, Flip, Grayscale

BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)
# factors that change nothing, and the least that they may be
MIDDLE, LEAST = np.array([[1.0], [1.0], [1.0], [0.0]]), np.array([[0.0], [0.0], [0.0], [-np.inf]])


@dataclass(frozen=True)
class Look:
    """One row per sample; all frames of a clip share it. Flip, colours, gray, blur, one after the other."""

    flip: np.ndarray
    """bool [b]"""
    jitter: np.ndarray
    """Whose colours change: bool [b]"""
    order: np.ndarray
    """Which operation's turn it is: int64 [b, 4], each row a permutation of the four."""
    factors: np.ndarray
    """Of brightness, contrast, saturation; hue in turns: float64 [b, 4]"""
    gray: np.ndarray
    """bool [b]"""
    sigma: np.ndarray
    """Of the blur, in pixels; 0 for none: float64 [b]"""
    width: int
    """Of the blur's kernel, in pixels: odd."""


def drawn(
    draws: Draws, side: int, flip: Flip, jitter: ColorJitter, gray: Grayscale, blur: Blur,
    strength: float | np.ndarray = 1.0,
) -> Look:  # fmt: skip
    """The looks of views of ``side`` pixels.

    Args:
        strength: Of colours, 0 to 1, float64 [b] or of all samples alike: what the jitter's factors may differ from
            what changes nothing, and the probabilities of jitter and gray, are multiplied by it.
    """
    chances = draws.each("flip", "jitter", "gray", "blur chance")
    numbers = draws.each("brightness", "contrast", "saturation", "hue", "blur")
    reach = np.array([[jitter.brightness], [jitter.contrast], [jitter.saturation], [jitter.hue]]) * strength
    low, high = np.maximum(MIDDLE - reach, LEAST), MIDDLE + reach
    sigma = blur.sigma[0] + (blur.sigma[1] - blur.sigma[0]) * numbers[4]
    return Look(
        flip=chances[0] < flip.probability,
        jitter=chances[1] < jitter.probability * strength,
        order=np.argsort(draws.uniform("jitter order", 4), axis=1),
        factors=(low + (high - low) * numbers[:4]).T,
        gray=chances[2] < gray.probability * strength,
        sigma=sigma * (chances[3] < blur.probability),
        width=blur.width(side),
    )
