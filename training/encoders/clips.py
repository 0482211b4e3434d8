"""Networks that see clips."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torchvision.models import get_model, get_model_weights
from torchvision.models.video import MViT
from torchvision.models.video.resnet import BasicBlock, Conv3DSimple

from shards.refusal import Refusal
from training.encoders.encoder import Encoder


@dataclass(frozen=True)
class Video:
    """torchvision's networks for clips: 3-D ResNets (made for 16 frames at 112 pixels), S3D, MViT, Video Swin."""

    name: Literal[
        "r3d_18", "mc3_18", "r2plus1d_18", "s3d", "mvit_v1_b", "mvit_v2_s", "swin3d_t", "swin3d_s", "swin3d_b"
    ] = "r3d_18"
    """MViT takes 16 frames at 224 pixels and nothing else, S3D at least 14 frames at 224."""

    def build(self) -> Encoder:
        network: Any = get_model(self.name, weights=None)
        meta = next(iter(get_model_weights(self.name))).meta
        smallest = meta.get("min_temporal_size", 1), *meta["min_size"]
        network.register_forward_pre_hook(partial(_refuse_other_sizes, self.name, smallest))
        *_, (last, classifier) = network.named_children()
        *_, layer = classifier.modules()  # S3D's is a convolution, MViT's stands behind a dropout
        setattr(network, last, nn.Identity())
        return _encoder(network, layer.weight.shape[1])


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


def _refuse_other_sizes(name: str, smallest: tuple[int, int, int], network: nn.Module, given: tuple[Tensor]) -> None:
    """Say what a network of torchvision needs, where it would fail somewhere inside.

    Raises: ``Refusal`` if clips ``b c t h w`` are smaller than its smallest ``t h w``, or, for MViT, of any other size.
    """
    size, fixed = tuple(given[0].shape[2:]), isinstance(network, MViT)
    if size == smallest or (not fixed and all(has >= needs for has, needs in zip(size, smallest, strict=True))):
        return
    frames, height, width = smallest
    raise Refusal(
        f"{name} takes clips of {'' if fixed else 'at least '}{frames} frames at {height}x{width} pixels, these have "
        f"{size[0]} at {size[1]}x{size[2]}; set --loader.clip.length {frames} --loader.side {height}, or choose "
        "another --network.name"
    )


def _stage3d(before: int, after: int, stride: int) -> nn.Module:
    shortcut = None
    if stride > 1:
        shortcut = nn.Sequential(nn.Conv3d(before, after, 1, stride=stride, bias=False), nn.BatchNorm3d(after))
    return BasicBlock(before, after, Conv3DSimple, stride, shortcut)
