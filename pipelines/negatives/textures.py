"""Texture negatives: a texture grown of each sample's own patches (Ge et al., 2021, arXiv 2110.14189)."""

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from pipelines.draws import Draws


@dataclass(frozen=True)
class Textures:
    """Take the texture that lies beside each sample in the shards, cropped and coloured by view 0's own draws."""

    of_textures: ClassVar[bool] = True

    def __call__(self, views: Float[Tensor, "b t c h w"], draws: Draws) -> Float[Tensor, "b n t c h w"]:
        return views[:, None]
