"""No negatives but the other samples."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from pipelines.draws import Draws


@dataclass(frozen=True)
class NoNegatives:
    """Make no negatives."""

    def __call__(self, views: Float[Tensor, "b t c h w"], draws: Draws) -> Float[Tensor, "b n t c h w"]:
        return views[:, None][:, :0]
