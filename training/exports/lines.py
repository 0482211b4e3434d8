"""The lines of Python that load an exported encoder without this project: in plain timm or torchvision."""

from dataclasses import dataclass

from torch import nn

from training.encoders import Encoder, NarrowResNet, NarrowResNet3D, Network, Normalise, Timm, Video
from training.norms import SIZES, Norm

WEIGHTS = "encoder.safetensors"
GROUPED = f"""for name, old in [*network.named_modules()]:  # trained with group norm: it stands where batch norm stood
    if isinstance(old, nn.modules.batchnorm._BatchNorm):
        channels = old.num_features
        size = next((s for s in range({SIZES.start}, {SIZES.stop}, -1) if channels % s == 0), channels)
        new = nn.GroupNorm(channels // size, channels, old.eps, old.affine)
        network.set_submodule(name, nn.Sequential(new, *old.children()) if [*old.children()] else new)"""


@dataclass(frozen=True)
class Lines:
    """What to import, and how to build the network."""

    imports: tuple[str, ...]
    build: str


def loading(network: Network, encoder: Encoder, norm: Norm) -> str:
    """A program, to be run where the weights lie, that leaves a ``network`` in evaluation mode."""
    lines = _lines(network, encoder.network)
    grouped = norm == "group"
    imports = sorted({*lines.imports, "from safetensors.torch import load_file", *["from torch import nn"] * grouped})
    build = [lines.build, *[GROUPED] * grouped, f'network.load_state_dict(load_file("{WEIGHTS}"))', "network.eval()"]
    return "\n".join([*sorted(imports, key=lambda line: line.startswith("from")), "", *build])


def seeing(encoder: Encoder, normalise: Normalise, frames: int, side: int) -> str:
    """The lines after those of ``loading`` that turn ``pixels`` into ``features``."""
    ones = ", 1" * (3 if encoder.sees_time else 2)
    shape = f"b 3 {frames} {side} {side}" if encoder.sees_time else f"b 3 {side} {side}"
    mean, std = [*normalise.mean], [*normalise.std]
    return (
        f"import torch\n\nmean, std = torch.tensor({mean}), torch.tensor({std})\n"
        f"features = network((pixels - mean.view(3{ones})) / std.view(3{ones}))"
        f"  # pixels {shape}, RGB, 0 to 1; features b {encoder.width}"
    )


def _lines(network: Network, plain: nn.Module) -> Lines:
    match network:
        case Timm():
            return _timm(network, plain)
        case NarrowResNet():
            return _narrow(network)
        case Video():
            *_, (last, _) = plain.named_children()
            build = f'network = get_model("{network.name}")\nnetwork.{last} = nn.Identity()'
            return Lines(("from torch import nn", "from torchvision.models import get_model"), build)
        case NarrowResNet3D():
            return _narrow_3d(network)


def _timm(network: Timm, plain: nn.Module) -> Lines:
    build = f'network = timm.create_model("{network.name}", num_classes=0)'
    if not network.small_stem:
        return Lines(("import timm",), build)
    return Lines(
        ("import timm", "from torch import nn"), f"{build}\n{_stem(plain.get_parameter('conv1.weight').shape[0], 1)}"
    )


def _stem(channels: int, stride: int) -> str:
    """Of ResNets for small pictures."""
    return (
        f"network.conv1 = nn.Conv2d(3, {channels}, 3, stride={stride}, padding=1, bias=False)\n"
        "network.maxpool = nn.Identity()"
    )


def _narrow(network: NarrowResNet) -> Lines:
    channels = tuple(network.width * 2**stage for stage in range(4))
    build = (
        f"network = ResNet(BasicBlock, {(network.blocks,) * 4}, num_classes=0, "
        f'stem_type="deep", stem_width={network.width // 2}, channels={channels})\n'
        f"{_stem(network.width, network.stride)}"
    )
    return Lines(("from timm.models.resnet import BasicBlock, ResNet", "from torch import nn"), build)


def _narrow_3d(network: NarrowResNet3D) -> Lines:
    width = network.width
    build = f"""def stage(before, after, stride):
    shortcut = nn.Sequential(nn.Conv3d(before, after, 1, stride=stride, bias=False), nn.BatchNorm3d(after))
    return BasicBlock(before, after, Conv3DSimple, stride, shortcut if stride > 1 else None)

stem = nn.Conv3d(3, {width}, (3, 5, 5), stride=(1, 2, 2), padding=(1, 2, 2), bias=False)
network = nn.Sequential(
    nn.Sequential(stem, nn.BatchNorm3d({width}), nn.ReLU()), stage({width}, {width}, 1),
    *[stage({width} * n, {width} * 2 * n, 2) for n in (1, 2, 4)], nn.AdaptiveAvgPool3d(1), nn.Flatten(),
)"""
    return Lines(
        ("from torch import nn", "from torchvision.models.video.resnet import BasicBlock, Conv3DSimple"), build
    )
