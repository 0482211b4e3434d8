"""SimCLR's augmentation (Chen et al., 2020)."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from pipelines.boxes import random_boxes
from pipelines.draws import Draws
from pipelines.views.chain import chain
from pipelines.views.fused import fused
from pipelines.views.look import Look, drawn
from pipelines.views.steps import Blur, ColorJitter, Flip, Grayscale
from shards.refusal import Refusal


@dataclass(frozen=True)
class SimCLRViews:
    """A random resized crop, flip, strong colour jitter, grayscale and blur."""

    scale: tuple[float, float] = (0.08, 1.0)
    """Share of the picture's area that a crop covers."""
    ratio: tuple[float, float] = (3 / 4, 4 / 3)
    """Width over height of a crop."""
    flip: Flip = field(default_factory=Flip)
    jitter: ColorJitter = field(default_factory=lambda: ColorJitter(0.8, 0.8, 0.8, 0.2))
    gray: Grayscale = field(default_factory=Grayscale)
    blur: Blur = field(default_factory=Blur)
    by: Literal["auto", "fused", "kornia"] = "auto"
    """Who executes what is drawn: Kornia, or compiled loops on the CPU, many times as fast and within 1/255 of Kornia;
    auto takes these on the CPU."""

    def __post_init__(self) -> None:
        if not 0 < self.scale[0] <= self.scale[1] <= 1:
            raise ValueError(f"scale must rise from above 0 to at most 1, got {self.scale}")
        if not 0 < self.ratio[0] <= self.ratio[1]:
            raise ValueError(f"ratio must rise from above 0, got {self.ratio}")

    def boxes(self, extent: np.ndarray, draws: Draws) -> np.ndarray:
        """Crop boxes, int [b, 4], in pictures of height and width ``extent`` [b, 2]: for the decoder to execute."""
        return random_boxes(extent, draws, self.scale, self.ratio)

    def executor(self, device: torch.device) -> Literal["fused", "kornia"]:
        """Who executes on ``device``.

        Raises: ``Refusal`` if that cannot be had there.
        """
        if self.by == "fused" and device.type != "cpu":
            raise Refusal(f"by is fused, which runs on the CPU, not on {device}; leave it at auto, or choose kornia")
        return "kornia" if self.by == "kornia" or device.type != "cpu" else "fused"

    def __call__(self, pixels: UInt8[Tensor, "b t 3 h w"], draws: Draws) -> Float[Tensor, "b t 3 h w"]:
        """Augment decoded crops, of any strides; the result lies in 0 … 1."""
        execute = fused if self.executor(pixels.device) == "fused" else chain
        return execute(pixels, self.look(min(pixels.shape[-2:]), draws))

    def look(self, side: int, draws: Draws) -> Look:
        """What is drawn for views of ``side`` pixels."""
        return drawn(draws, side, self.flip, self.jitter, self.gray, self.blur)
