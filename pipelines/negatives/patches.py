"""Patch negatives: keep the texture, lose the meaning (Ge et al., 2021, arXiv 2110.14189, patch-based augmentation)."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from pipelines.draws import Draws
from pipelines.negatives.cells import cropped, permuted
from pipelines.sending import sent
from pipelines.threads import in_threads

PUBLISHED_SIDE = 224


@dataclass(frozen=True)
class Patches:
    """Tile each negative with square patches of its own view; all frames of a clip share the places."""

    count: int = 1
    """Negatives per sample."""
    smallest: int = 16
    largest: int = 72
    """The patch side is uniform between the two for every negative; pixels of a view of 224, scaled to the view's."""
    kind: Literal["crops", "permutation", "repeated"] = "crops"
    """crops: every cell an independent random crop, as published; permutation: the view's own tiles in another order,
    which the authors found weaker; repeated: one random crop in all cells, which they left unused."""
    of_textures: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"count must be at least 1, got {self.count}; for none choose negatives:none")
        if not 1 <= self.smallest <= self.largest < PUBLISHED_SIDE:
            raise ValueError(f"need 1 <= smallest <= largest < 224, got {self.smallest} and {self.largest}")
        if self.kind == "permutation" and 2 * self.largest > PUBLISHED_SIDE:
            raise ValueError(
                f"largest must be at most 112 for a permutation, got {self.largest}: one tile would be the whole view"
            )

    def __call__(self, views: Float[Tensor, "b t c h w"], draws: Draws) -> Float[Tensor, "b n t c h w"]:
        offsets, patch = self._offsets(views.shape[-1], draws)
        if views.device.type != "cpu":
            return _gathered(views, sent(offsets, views.device), sent(patch, views.device))
        from pipelines.negatives.mosaic import lay  # numba takes a third of a second to be imported

        planes = views.flatten(1, 2).contiguous()
        mosaics = torch.empty(len(views), self.count, *planes.shape[1:])
        in_threads(lambda *rows: lay(planes.numpy(), offsets, patch, mosaics.numpy(), *rows), len(views))
        return mosaics.unflatten(2, views.shape[1:3])

    def _offsets(self, side: int, draws: Draws) -> tuple[np.ndarray, np.ndarray]:
        """How far from its own place each cell's pixels are copied from, and how large a cell is.

        Pixels are numbered row by row, so that one number serves a whole cell: int64 [b, n, rows, columns] of cells,
        as many as the smallest patch makes, and int64 [b, n].
        """
        room = side // 2 if self.kind == "permutation" else side  # half of an odd side must not be rounded up
        low, high = (min(max(round(edge * side / PUBLISHED_SIDE), 1), room) for edge in (self.smallest, self.largest))
        patch = low + draws.below("patch side", high - low + 1, self.count)
        cells = side // low + 1
        if self.kind == "permutation":
            top, left = permuted(side, patch, cells, draws)
        else:
            top, left = cropped(side, patch, 1 if self.kind == "repeated" else cells, draws)
        corner = np.arange(cells) * patch[:, :, None]
        return (top - corner[..., None]) * side + left - corner[..., None, :], patch


def _gathered(
    views: Float[Tensor, "b t c h w"], offsets: Int64[Tensor, "b n rows columns"], patch: Int64[Tensor, "b n"]
) -> Float[Tensor, "b n t c h w"]:
    """The mosaics on any device, by one index of all pixels; a CPU takes thirty times as long as ``lay`` for it."""
    b, t, c, h, w = views.shape
    cell = torch.arange(w, device=views.device) // patch[..., None]  # b n side: which each row, or column, lies in
    rows = offsets.take_along_dim(cell[..., None], dim=2)
    source = rows.take_along_dim(cell[:, :, None], dim=3).flatten(2) + torch.arange(h * w, device=views.device)
    picked = views.reshape(b, 1, t * c, h * w).take_along_dim(source[:, :, None], dim=3)
    return picked.unflatten(3, (h, w)).unflatten(2, (t, c))
