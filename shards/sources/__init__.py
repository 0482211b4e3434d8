"""Where samples come from. One file per data set; to add one, add its file and name it here."""

from typing import Annotated

from tyro.conf import subcommand

from shards.sources.cifar import Cifar
from shards.sources.folder import Folder
from shards.sources.imagenet import ImageNet
from shards.sources.stl10 import STL10
from shards.sources.synthetic import Synthetic
from shards.sources.tiny_imagenet import TinyImageNet

Source = (
    Annotated[Folder, subcommand("folder")]
    | Annotated[ImageNet, subcommand("imagenet")]
    | Annotated[TinyImageNet, subcommand("tiny-imagenet")]
    | Annotated[Cifar, subcommand("cifar")]
    | Annotated[STL10, subcommand("stl10")]
    | Annotated[Synthetic, subcommand("synthetic")]
)
