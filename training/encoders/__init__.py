"""What learns. A network that is not here yet: one dataclass with ``build``, and its name in the union."""

from typing import Annotated

from tyro.conf import subcommand

from training.encoders.clips import NarrowResNet3D, Video
from training.encoders.encoder import Encoder as Encoder
from training.encoders.encoder import Normalise as Normalise
from training.encoders.pictures import NarrowResNet, Timm

Network = (
    Annotated[Timm, subcommand("timm")]
    | Annotated[NarrowResNet, subcommand("narrow-resnet")]
    | Annotated[Video, subcommand("video")]
    | Annotated[NarrowResNet3D, subcommand("narrow-resnet3d")]
)
