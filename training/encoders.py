"""Encoders: clips in 0 … 1 come in, one feature vector each goes out. Each normalises pixels inside itself."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any

import timm
import torch
from jaxtyping import Float
from timm.models.resnet import BasicBlock as Block2d
from timm.models.resnet import ResNet
from torch import Tensor, nn
from torchvision.models import video
from torchvision.models.video.resnet import BasicBlock as Block3d
from torchvision.models.video.resnet import Conv3DSimple
from tyro.conf import subcommand

from shards.refusal import Refusal

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, as torchvision and timm use them


class Encoder(nn.Module):
    """A network behind pixel normalisation. ``width`` is the length of its features."""

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, width: int, sees_time: bool):
        super().__init__()
        self.network, self.width, self.sees_time = network, width, sees_time
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1), persistent=False)

    def forward(self, views: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b d"]:
        """Features of clips. A network for still images sees frame by frame; its features are averaged over time."""
        pixels = (views - self.mean) / self.std
        if self.sees_time:
            return self.network(pixels.transpose(1, 2))
        return self.network(pixels.flatten(0, 1)).unflatten(0, views.shape[:2]).mean(1)


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
            assert isinstance(network.conv1, nn.Conv2d), "only deep stems have another first layer"
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
            Block2d,  # pyright: ignore[reportArgumentType]
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


@dataclass(frozen=True)
class R3D18:
    """torchvision's 3-D ResNet-18, for clips of 16 frames at 112 pixels."""

    def build(self) -> Encoder:
        network = video.r3d_18(weights=None)
        width = network.fc.in_features
        network.fc = nn.Identity()  # pyright: ignore[reportAttributeAccessIssue]
        return Encoder(network, width, sees_time=True)


@dataclass(frozen=True)
class NarrowResNet3D:
    """A 3-D ResNet for small clips and CPUs: four stages of one basic block, 3x3x3, each later one at half the size."""

    width: int = 16
    """Channels of the first stage; each later stage doubles them."""

    def build(self) -> Encoder:
        channels = [self.width * 2**stage for stage in range(4)]
        stem = nn.Sequential(
            nn.Conv3d(3, self.width, (3, 5, 5), stride=(1, 2, 2), padding=(1, 2, 2), bias=False),
            nn.BatchNorm3d(self.width),
            nn.ReLU(inplace=True),
        )
        stages = [
            _stage3d(before, after, 1 if before == after else 2)
            for before, after in zip([self.width, *channels], channels, strict=False)
        ]
        return Encoder(
            nn.Sequential(stem, *stages, nn.AdaptiveAvgPool3d(1), nn.Flatten()), channels[-1], sees_time=True
        )


def _stage3d(before: int, after: int, stride: int) -> nn.Module:
    shortcut = None
    if stride > 1:
        shortcut = nn.Sequential(nn.Conv3d(before, after, 1, stride=stride, bias=False), nn.BatchNorm3d(after))
    return Block3d(before, after, Conv3DSimple, stride, shortcut)


Network = (
    Annotated[Timm, subcommand("timm")]
    | Annotated[NarrowResNet, subcommand("narrow-resnet")]
    | Annotated[R3D18, subcommand("r3d18")]
    | Annotated[NarrowResNet3D, subcommand("narrow-resnet3d")]
)
