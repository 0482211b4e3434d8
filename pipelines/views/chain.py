"""Looks executed by Kornia, step after step, on any device: the reference.

Kornia's own random classes are not used because they draw one order of the colour operations per batch, from a global
generator; its functions are called on the rows whose turn it is.
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from kornia.color import rgb_to_grayscale
from kornia.enhance import (
    adjust_brightness_accumulative,
    adjust_contrast_with_mean_subtraction,
    adjust_hue,
    adjust_saturation_with_gray_subtraction,
)
from kornia.filters import gaussian_blur2d
from torch import Tensor

from pipelines.sending import sent
from pipelines.views.look import BRIGHTNESS, CONTRAST, HUE, SATURATION, Look


def chain(pixels: UInt8[Tensor, "b t c h w"], look: Look) -> Float[Tensor, "b t c h w"]:
    """Crops as they were decoded to views in 0 … 1."""
    views = _apply(pixels.float() / 255, look.flip, lambda chosen, _: chosen.flip(-1))
    views = _jittered(views, look)
    views = _apply(views, look.gray, lambda chosen, _: rgb_to_grayscale(chosen).expand_as(chosen))
    return _apply(views, look.sigma > 0, _blur(look.width, look.sigma[look.sigma > 0]))


def _jittered(views: Tensor, look: Look) -> Tensor:
    operations = {
        BRIGHTNESS: adjust_brightness_accumulative,
        CONTRAST: adjust_contrast_with_mean_subtraction,
        SATURATION: adjust_saturation_with_gray_subtraction,
        HUE: lambda tall, turns: adjust_hue(tall, 2 * np.pi * turns),
    }
    for turn in range(4):
        for number, operation in operations.items():
            chosen = look.jitter & (look.order[:, turn] == number)
            views = _apply(views, chosen, _as_one_picture(operation), look.factors[:, number])
    return views


def _apply(views: Tensor, chosen: np.ndarray, operation: Callable, factors: np.ndarray | None = None) -> Tensor:
    """``operation(chosen views, their factors)`` written over the chosen rows of a copy."""
    if not chosen.any():
        return views
    rows = sent(np.flatnonzero(chosen), views.device)
    given = None if factors is None else sent(factors[chosen], views.device).to(views.dtype)
    return views.index_copy(0, rows, operation(views[rows], given))


def _as_one_picture(operation: Callable) -> Callable:
    """Let a colour operation see a clip as one tall picture, so that its factor and its mean serve all frames."""

    def apply(views: Tensor, factors: Tensor) -> Tensor:
        tall = views.transpose(1, 2).flatten(2, 3)  # b c (t h) w
        return operation(tall, factors).unflatten(2, (views.shape[1], -1)).transpose(1, 2).clamp(0, 1)

    return apply


def _blur(width: int, sigma: np.ndarray) -> Callable:
    def blur(views: Tensor, _: None) -> Tensor:
        frames = views.shape[1]
        # left on the CPU: Kornia looks at them, and sends them without waiting for the device
        pairs = torch.from_numpy(sigma.repeat(frames)[:, None].repeat(2, axis=1)).to(views.dtype)
        return gaussian_blur2d(views.flatten(0, 1), (width, width), pairs).unflatten(0, (-1, frames))

    return blur
