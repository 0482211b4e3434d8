"""Looks executed on the CPU in one compiled pass over each sample, instead of Kornia's thirty over the batch."""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from pipelines.threads import in_threads
from pipelines.views.look import CONTRAST, Look

UNSEEN = 1 / 255 / 10  # what a blur may leave out of its kernel, as a share of it


def fused(pixels: UInt8[Tensor, "b t c h w"], look: Look) -> Float[Tensor, "b t c h w"]:
    """Crops as they were decoded, with any strides, to contiguous float32 views in 0 … 1, by all of torch's threads."""
    from pipelines.views.colours import recolour  # numba takes a third of a second to be imported
    from pipelines.views.gaussian import soften

    views = torch.empty(pixels.shape)
    turns = np.where(look.jitter, 4, 0)
    before = np.where(look.jitter, np.argmax(look.order == CONTRAST, axis=1), 0)
    factors = (look.factors * [1, 1, 1, 6]).astype(np.float32, order="C")  # hue in sextants
    factors[:, 3] %= 6
    taps, reach = _taps(look.sigma, look.width // 2)
    numbers = look.flip, look.order, before, turns, factors, look.gray

    def work(first: int, step: int) -> None:
        recolour(pixels.numpy(), *numbers, views.numpy(), first, step)
        soften(views.numpy(), taps, reach, first, step)

    in_threads(work, len(pixels))
    return views


def _taps(sigma: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Half of each Gaussian kernel from its middle, float32 [b, most + 1], and how far it reaches, int64 [b]."""
    away = np.arange(most + 1)
    taps = np.exp(-0.5 * (away / np.where(sigma > 0, sigma, 1)[:, None]) ** 2) * np.where(away, 2, 1)
    left = 1 - np.cumsum(taps, axis=1) / taps.sum(axis=1, keepdims=True)
    reach = np.where(sigma > 0, np.argmax(left < UNSEEN, axis=1), 0)
    taps[away > reach[:, None]] = 0
    taps /= taps.sum(axis=1, keepdims=True) * np.where(away, 2, 1)
    return taps.astype(np.float32), reach
