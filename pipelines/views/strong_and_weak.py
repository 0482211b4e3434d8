"""Views of two kinds in one batch: AdvCL contrasts two strong ones and attacks a weak one (official code)."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from pipelines.draws import Draws
from pipelines.views.simclr import SimCLRViews
from pipelines.views.steps import Blur, ColorJitter
from pipelines.views.weak import WeakViews

STRONG = 2  # views 0 and 1


@dataclass(frozen=True)
class StrongAndWeak(SimCLRViews):
    """Views 0 and 1 by SimCLR's steps, all further ones weak, support views too.

    Crops are AdvCL's (official code). Of its colours our notes say no more than that they are
    SimCLR's; these are RoCL's and ACL's.
    """

    scale: tuple[float, float] = (0.2, 1.0)
    jitter: ColorJitter = field(default_factory=lambda: ColorJitter(0.4, 0.4, 0.4, 0.1))
    blur: Blur = field(default_factory=lambda: Blur(probability=0.0))
    weak: WeakViews = field(default_factory=WeakViews)
    """Of views 2, 3, …"""

    def boxes(self, extent: np.ndarray, draws: Draws) -> np.ndarray:
        """Boxes, int [b, 4], in pictures of height and width ``extent`` [b, 2]: random crops, or centred squares."""
        return super().boxes(extent, draws) if draws.view < STRONG else self.weak.boxes(extent, draws)

    def __call__(self, pixels: UInt8[Tensor, "b t 3 h w"], draws: Draws) -> Float[Tensor, "b t 3 h w"]:
        """Augment the decoded crops of one view; the result lies in 0 … 1."""
        return super().__call__(pixels, draws) if draws.view < STRONG else self.weak(pixels, draws)
