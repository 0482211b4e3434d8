"""No negatives but the other samples."""

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from pipelines.draws import Draws


@dataclass(frozen=True)
class NoNegatives:
    """Make no negatives."""

    of_textures: ClassVar[bool] = False

    def __call__(self, views: Float[Tensor, "b t c h w"], draws: Draws) -> Float[Tensor, "b n t c h w"]:
        return views[:, None][:, :0]
