"""Networks that see clips."""

from dataclasses import dataclass

import torch
from torch import nn
from torchvision.models import video
from torchvision.models.video.resnet import BasicBlock, Conv3DSimple

from training.encoders.encoder import Encoder


@dataclass(frozen=True)
class R3D18:
    """torchvision's 3-D ResNet-18, for clips of 16 frames at 112 pixels."""

    def build(self) -> Encoder:
        network = video.r3d_18(weights=None)
        width = network.fc.in_features
        network.fc = nn.Identity()  # pyright: ignore[reportAttributeAccessIssue]
        return _encoder(network, width)


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
        return _encoder(nn.Sequential(stem, *stages, nn.AdaptiveAvgPool3d(1), nn.Flatten()), channels[-1])


def _encoder(network: nn.Module, width: int) -> Encoder:
    """With channels last in memory, which halves the time of narrow 3-D convolutions on a CPU (EXPERIMENTS.md)."""
    return Encoder(network.to(memory_format=torch.channels_last_3d), width, sees_time=True)


def _stage3d(before: int, after: int, stride: int) -> nn.Module:
    shortcut = None
    if stride > 1:
        shortcut = nn.Sequential(nn.Conv3d(before, after, 1, stride=stride, bias=False), nn.BatchNorm3d(after))
    return BasicBlock(before, after, Conv3DSimple, stride, shortcut)
