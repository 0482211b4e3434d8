"""Networks that see single pictures."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import timm
import torch
from timm.models.resnet import BasicBlock, ResNet
from torch import nn

from shards.refusal import Refusal
from training.encoders.encoder import Encoder


def _of_pictures(network: nn.Module, width: int) -> Encoder:
    # channels last: a quarter less time per step, measured on a CPU in bfloat16; tensor cores want it too
    return Encoder(network.to(memory_format=torch.channels_last), width, sees_time=False)


@dataclass(frozen=True)
class Timm:
    """Any image model of timm, by its name."""

    name: str = "resnet18"
    small_stem: bool = False
    """For views of about 32 pixels: a 3x3 stem of stride 1 without pooling (ResNets only)."""

    def build(self) -> Encoder:
        try:
            network = timm.create_model(self.name, pretrained=False, num_classes=0)
        except RuntimeError as error:
            close = ", ".join(get_close_matches(self.name, timm.list_models(), 5)) or "see timm.list_models()"
            raise Refusal(f"timm has no model {self.name!r}; did you mean one of: {close}") from error
        if self.small_stem:
            if not isinstance(network, ResNet):
                raise Refusal(f"small-stem is for ResNets, {self.name!r} is none; leave it out or choose a ResNet")
            if not isinstance(network.conv1, nn.Conv2d):
                raise Refusal(f"{self.name!r} has a deep stem, which small-stem cannot replace; leave it out")
            network.conv1 = nn.Conv2d(3, network.conv1.out_channels, 3, padding=1, bias=False)
            network.maxpool = nn.Identity()
        width: Any = network.num_features
        return _of_pictures(network, width)


@dataclass(frozen=True)
class NarrowResNet:
    """A ResNet for small pictures and CPUs: four stages of basic blocks behind a 3x3 stem."""

    width: int = 32
    """Channels of the first stage; each later stage doubles them."""
    blocks: int = 1
    """Blocks in each stage."""
    stride: int = 1
    """Of the stem; 2 costs a quarter and sees twice as far."""
    zero_init: bool = True
    """Start every block as the identity. Short runs learn shapes faster without: see EXPERIMENTS.md."""

    def __post_init__(self) -> None:
        if self.width < 2 or self.width % 2:
            raise ValueError(f"width must be even and positive, got {self.width}")
        if min(self.blocks, self.stride) < 1:
            raise ValueError(f"blocks and stride must be at least 1, got {self.blocks} and {self.stride}")

    def build(self) -> Encoder:
        channels = tuple(self.width * 2**stage for stage in range(4))
        # the deep stem is the one whose width timm lets us choose; its three convolutions give way to one
        network = ResNet(
            BasicBlock,  # pyright: ignore[reportArgumentType]
            (self.blocks,) * 4,
            num_classes=0,
            stem_type="deep",
            stem_width=self.width // 2,
            channels=channels,
            zero_init_last=self.zero_init,
        )
        network.conv1 = nn.Conv2d(3, self.width, 3, stride=self.stride, padding=1, bias=False)
        network.maxpool = nn.Identity()
        return _of_pictures(network, channels[-1])
