"""Single steps of augmentation: Kornia executes, our draws decide. One draw for all frames of a clip.

Each step takes views ``b t c h w`` in 0 … 1 and returns the same. Kornia's own random classes are not used because they
draw one order of the colour operations per batch, from a global generator.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from kornia.color import rgb_to_grayscale
from kornia.enhance import (
    adjust_brightness_accumulative,
    adjust_contrast_with_mean_subtraction,
    adjust_hue,
    adjust_saturation_with_gray_subtraction,
)
from kornia.filters import gaussian_blur2d
from torch import Tensor

from pipelines.draws import Draws

Step = Callable[[Float[Tensor, "b t c h w"], Draws], Float[Tensor, "b t c h w"]]


@dataclass(frozen=True)
class Flip:
    """Mirror left and right."""

    probability: float = 0.5

    def __call__(self, views: Float[Tensor, "b t c h w"], draws: Draws) -> Float[Tensor, "b t c h w"]:
        return _apply(views, draws.chance("flip", self.probability), lambda chosen, _: chosen.flip(-1))


@dataclass(frozen=True)
class ColorJitter:
    """Brightness, contrast, saturation and hue by random factors, in an order drawn for every sample.

    The law of torchvision's ``ColorJitter``: factors uniform in [max(0, 1 - s), 1 + s], hue shift uniform in [-s, s]
    turns, clamped to 0 … 1 after each operation. The mean that contrast keeps is that of the whole clip.
    """

    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.4
    hue: float = 0.1
    probability: float = 0.8

    def __call__(self, views: Float[Tensor, "b t c h w"], draws: Draws) -> Float[Tensor, "b t c h w"]:
        jittered = draws.chance("jitter", self.probability)
        order = np.argsort(draws.uniform("jitter order", 4), axis=1)  # order[i, turn]: which operation
        operations = (
            (adjust_brightness_accumulative, self._factors(draws, "brightness", self.brightness)),
            (adjust_contrast_with_mean_subtraction, self._factors(draws, "contrast", self.contrast)),
            (adjust_saturation_with_gray_subtraction, self._factors(draws, "saturation", self.saturation)),
            (adjust_hue, 2 * np.pi * draws.uniform("hue", 1, -self.hue, self.hue)),
        )
        for turn in range(4):
            for number, (operation, factors) in enumerate(operations):
                chosen = jittered & (order[:, turn] == number)
                views = _apply(views, chosen, _as_one_picture(operation), factors)
        return views

    @staticmethod
    def _factors(draws: Draws, purpose: str, strength: float) -> np.ndarray:
        return draws.uniform(purpose, 1, max(0.0, 1 - strength), 1 + strength)


@dataclass(frozen=True)
class Grayscale:
    """Take the colour away."""

    probability: float = 0.2

    def __call__(self, views: Float[Tensor, "b t c h w"], draws: Draws) -> Float[Tensor, "b t c h w"]:
        return _apply(
            views, draws.chance("gray", self.probability), lambda chosen, _: rgb_to_grayscale(chosen).expand_as(chosen)
        )


@dataclass(frozen=True)
class Blur:
    """Blur with a Gaussian whose standard deviation, in pixels, is drawn for every sample."""

    probability: float = 0.5
    sigma: tuple[float, float] = (0.1, 2.0)
    kernel: float = 0.1
    """Width of the kernel as a share of the side, rounded up to an odd number of pixels."""

    def __call__(self, views: Float[Tensor, "b t c h w"], draws: Draws) -> Float[Tensor, "b t c h w"]:
        width = int(self.kernel * views.shape[-1]) // 2 * 2 + 1
        sigmas = draws.uniform("blur", 1, *self.sigma)

        def blur(chosen: Tensor, sigma: Tensor) -> Tensor:
            frames = chosen.shape[1]
            pairs = sigma.repeat_interleave(frames, dim=0).expand(-1, 2)
            return gaussian_blur2d(chosen.flatten(0, 1), (width, width), pairs).unflatten(0, (-1, frames))

        return _apply(views, draws.chance("blur chance", self.probability), blur, sigmas)


def _apply(views: Tensor, chosen: np.ndarray, operation: Callable, factors: np.ndarray | None = None) -> Tensor:
    """``operation(chosen views, their factors)`` written over the chosen rows of a copy."""
    if not chosen.any():
        return views
    rows = torch.from_numpy(np.flatnonzero(chosen)).to(views.device)
    given = None if factors is None else torch.from_numpy(factors[chosen]).to(views)
    return views.index_copy(0, rows, operation(views[rows], given))


def _as_one_picture(operation: Callable) -> Callable:
    """Let a colour operation see a clip as one tall picture, so that its factor and its mean serve all frames."""

    def apply(views: Tensor, factors: Tensor) -> Tensor:
        tall = views.transpose(1, 2).flatten(2, 3)  # b c (t h) w
        return operation(tall, factors[:, 0]).unflatten(2, (views.shape[1], -1)).transpose(1, 2).clamp(0, 1)

    return apply
