"""Smooth pictures in bulk."""

import torch
from torch import Tensor


def clips(count: int, frames: int = 2, side: int = 32, seed: int = 0) -> Tensor:
    coarse = torch.rand(count * frames, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
    smooth = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bicubic").clamp(0, 1)
    return smooth.unflatten(0, (count, frames))


def as_bytes(pixels: Tensor) -> Tensor:
    return (pixels * 255).round().to(torch.uint8)
