"""What was drawn for the views of a batch: numbers only, so that whoever executes them makes the same pixels."""

from dataclasses import dataclass

import numpy as np

from pipelines.draws import Draws
from pipelines.views.steps import Blur, ColorJitter, Flip, Grayscale

BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)


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


def drawn(draws: Draws, side: int, flip: Flip, jitter: ColorJitter, gray: Grayscale, blur: Blur) -> Look:
    """The looks of views of ``side`` pixels."""
    strengths = (jitter.brightness, jitter.contrast, jitter.saturation)
    low = np.array([*(max(0.0, 1 - strength) for strength in strengths), -jitter.hue, blur.sigma[0]])[:, None]
    high = np.array([*(1 + strength for strength in strengths), jitter.hue, blur.sigma[1]])[:, None]
    chances = draws.each("flip", "jitter", "gray", "blur chance")
    happens = chances < np.array([[step.probability] for step in (flip, jitter, gray, blur)])
    values = low + (high - low) * draws.each("brightness", "contrast", "saturation", "hue", "blur")
    order = np.argsort(draws.uniform("jitter order", 4), axis=1)
    return Look(happens[0], happens[1], order, values[:4].T, happens[2], values[4] * happens[3], blur.width(side))
