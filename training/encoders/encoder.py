"""A network behind pixel normalisation: clips in 0 … 1 come in, one feature vector each goes out."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from training.encoders.chunks import in_chunks

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, as torchvision and timm use them


class Encoder(nn.Module):
    """A network behind pixel normalisation. ``width`` is the length of its features.

    ``chunk`` is how many samples it sees at once, 0 for all (training/encoders/chunks.py); copies keep it.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, width: int, sees_time: bool):
        super().__init__()
        self.network, self.width, self.sees_time = network, width, sees_time
        self.chunk = 0
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1), persistent=False)

    def forward(self, views: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b d"]:
        """Features of clips. A network for still images sees frame by frame; its features are averaged over time."""
        if 0 < self.chunk < len(views):
            return in_chunks(self._see, self.network, views, self.chunk)
        return self._see(views)

    def _see(self, views: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b d"]:
        pixels = (views - self.mean) / self.std
        if self.sees_time:
            return self.network(pixels.transpose(1, 2))
        return self.network(pixels.flatten(0, 1)).unflatten(0, views.shape[:2]).mean(1)


@dataclass(frozen=True)
class Normalise:
    """What is done to pixels, 0 to 1, before a network sees them: minus a mean, over a deviation, for each colour."""

    mean: tuple[float, float, float] = MEAN
    """Of red, green and blue; ImageNet's, unless given. 0 0 0 takes nothing away."""
    std: tuple[float, float, float] = STD
    """Likewise; 1 1 1 stretches nothing."""

    def __post_init__(self) -> None:
        if len(self.mean) != 3 or len(self.std) != 3 or not all(map(math.isfinite, (*self.mean, *self.std))):
            raise ValueError(f"need three finite numbers each, for red, green, blue; got {self.mean} and {self.std}")
        if min(self.std) <= 0:
            raise ValueError(f"std divides pixels and must be positive, got {self.std}")

    def __call__(self, encoder: Encoder) -> Encoder:
        """The same encoder, which from now on normalises so."""
        encoder.mean.copy_(torch.tensor(self.mean).view(3, 1, 1))
        encoder.std.copy_(torch.tensor(self.std).view(3, 1, 1))
        return encoder
