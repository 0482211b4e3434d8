"""SimCLR's augmentation (Chen et al., 2020)."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from pipelines.boxes import random_boxes
from pipelines.draws import Draws
from pipelines.views.steps import Blur, ColorJitter, Flip, Grayscale


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

    def __post_init__(self) -> None:
        if not 0 < self.scale[0] <= self.scale[1] <= 1:
            raise ValueError(f"scale must rise from above 0 to at most 1, got {self.scale}")
        if not 0 < self.ratio[0] <= self.ratio[1]:
            raise ValueError(f"ratio must rise from above 0, got {self.ratio}")

    def boxes(self, extent: np.ndarray, draws: Draws) -> np.ndarray:
        """Crop boxes, int [b, 4], in pictures of height and width ``extent`` [b, 2]: for the decoder to execute."""
        return random_boxes(extent, draws, self.scale, self.ratio)

    def __call__(self, pixels: UInt8[Tensor, "b t c h w"], draws: Draws) -> Float[Tensor, "b t c h w"]:
        """Augment decoded crops; the result lies in 0 … 1."""
        views = pixels.float() / 255
        for step in (self.flip, self.jitter, self.gray, self.blur):
            views = step(views, draws)
        return views
