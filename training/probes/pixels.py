"""Raw pixels as features: what every encoder must beat."""

from jaxtyping import Float
from torch import Tensor, nn

SIDE = 32
MOST = 2**29  # numbers that all samples' pixels may make: 2 GiB in single precision


class RawPixels(nn.Module):
    """The pixels as features, pooled to at most 32 by 32, and to less where all samples' pixels would not fit."""

    def __init__(self, samples: int, frames: int, side: int):
        """For a data set of so many samples, clips of ``frames`` frames of ``side`` by ``side`` pixels."""
        super().__init__()
        self.side = min(side, SIDE)
        while self.side > 1 and samples * frames * 3 * self.side**2 > MOST:
            self.side //= 2

    def forward(self, views: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b d"]:
        return nn.functional.adaptive_avg_pool2d(views.flatten(0, 1), self.side).reshape(len(views), -1)


def centred(pixels: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
    """Each clip's mean taken away; else the cosine mostly compares brightness.

    The stronger baseline differs from data set to data set, so both are shown.
    """
    return pixels - pixels.mean(1, keepdim=True)
