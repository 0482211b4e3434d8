"""Patch negatives: keep the texture, lose the meaning (Ge et al., 2021, arXiv 2110.14189, patch-based augmentation)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pipelines.draws import Draws

PUBLISHED_SIDE = 224


@dataclass(frozen=True)
class Patches:
    """Tile each negative with independent random crops of its own view; all frames of a clip share the places."""

    count: int = 1
    """Negatives per sample."""
    smallest: int = 16
    largest: int = 72
    """The patch side is uniform between the two for every negative; pixels of a view of 224, scaled to the view's."""
    of_textures: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"count must be at least 1, got {self.count}; for none choose negatives:none")
        if not 1 <= self.smallest <= self.largest < PUBLISHED_SIDE:
            raise ValueError(f"need 1 <= smallest <= largest < 224, got {self.smallest} and {self.largest}")

    def __call__(self, views: Float[Tensor, "b t c h w"], draws: Draws) -> Float[Tensor, "b n t c h w"]:
        rows, columns = (torch.from_numpy(places).to(views.device) for places in self._places(views.shape[-1], draws))
        sample = torch.arange(len(views), device=views.device)[:, None, None, None]
        picked = views.permute(0, 3, 4, 1, 2)[sample, rows, columns]  # b n h w t c
        return picked.permute(0, 1, 4, 5, 2, 3)

    def _places(self, side: int, draws: Draws) -> tuple[np.ndarray, np.ndarray]:
        """For every pixel of every negative the row and column it is copied from: two int64 [b, n, side, side]."""
        low, high = (max(round(edge * side / PUBLISHED_SIDE), 1) for edge in (self.smallest, self.largest))
        patch = low + draws.below("patch side", high - low + 1, self.count)  # b n
        cell = np.arange(side) // patch[:, :, None]  # b n side: which cell each row, or column, lies in
        inside = np.arange(side) % patch[:, :, None]
        most = side // low + 1  # cells along a side, at the smallest patch
        shape = (len(draws), self.count, most, most)
        corners = (draws.uniform(f"patch {axis}", self.count * most**2).reshape(shape) for axis in ("row", "column"))
        b, n = np.ogrid[: len(draws), : self.count]
        which = (b[..., None, None], n[..., None, None], cell[:, :, :, None], cell[:, :, None, :])
        room = (side - patch + 1)[:, :, None, None]
        top, left = (np.floor(corner[which] * room).astype(np.int64) for corner in corners)
        return top + inside[:, :, :, None], left + inside[:, :, None, :]
