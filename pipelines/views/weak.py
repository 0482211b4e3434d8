"""The weak augmentation of AdvCL and DeACL (official codes): a crop of the padded picture, mirrored or not."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from pipelines.boxes import centre_boxes
from pipelines.draws import Draws
from pipelines.sending import sent
from pipelines.views.steps import Flip


@dataclass(frozen=True)
class WeakViews:
    """The whole picture, or its centred square, moved by some pixels over black, and flipped."""

    shift: float = 4 / 32
    """Most that a view moves up, down, left or right, as a share of its side."""
    flip: Flip = field(default_factory=Flip)

    def __post_init__(self) -> None:
        if not 0 <= self.shift < 1:
            raise ValueError(f"shift must lie between 0 and below 1, got {self.shift}")

    def boxes(self, extent: np.ndarray, draws: Draws) -> np.ndarray:
        """Centred squares, int64 [b, 4], of pictures of height and width ``extent`` [b, 2]."""
        return centre_boxes(extent)

    def executor(self, device: torch.device) -> Literal["torch"]:
        """Who executes on ``device``: the same everywhere, for pixels are moved and not computed."""
        return "torch"

    def __call__(self, pixels: UInt8[Tensor, "b t 3 h w"], draws: Draws) -> Float[Tensor, "b t 3 h w"]:
        """Move decoded squares, of any strides; the result lies in 0 … 1."""
        height, width = pixels.shape[-2:]
        most = round(self.shift * min(height, width))
        moves = (draws.below("weak shift", 2 * most + 1, 2) - most).tolist()
        views = torch.zeros(pixels.shape, device=pixels.device)
        for view, source, (down, right) in zip(views, pixels, moves, strict=True):
            seen = source[..., _kept(-down, height), _kept(-right, width)]
            view[..., _kept(down, height), _kept(right, width)] = seen
        chosen = np.flatnonzero(draws.chance("weak flip", self.flip.probability))
        mirrored = sent(chosen, pixels.device)
        return views.index_copy_(0, mirrored, views[mirrored].flip(-1)).div_(255)


def _kept(move: int, size: int) -> slice:
    """Where, of ``size`` lines, those are that a move has not pushed out."""
    return slice(max(move, 0), size + min(move, 0))
