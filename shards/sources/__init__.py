"""Where samples come from. One file per data set; to add one, add its file and name it here."""

from typing import Annotated

from tyro.conf import subcommand

from shards.sources.cifar import Cifar
from shards.sources.cifar_c import CifarC
from shards.sources.cue_conflict import CueConflict
from shards.sources.folder import Folder
from shards.sources.hmdb51 import Hmdb51
from shards.sources.imagenet import ImageNet
from shards.sources.imagenet_c import ImageNetC
from shards.sources.kinetics import Kinetics
from shards.sources.something import Something
from shards.sources.stl10 import STL10
from shards.sources.synthetic import Synthetic
from shards.sources.table import Table
from shards.sources.tars import WebDataset
from shards.sources.tiny_imagenet import TinyImageNet
from shards.sources.ucf101 import Ucf101

Source = (
    Annotated[Folder, subcommand("folder")]
    | Annotated[Table, subcommand("table")]
    | Annotated[WebDataset, subcommand("webdataset")]
    | Annotated[ImageNet, subcommand("imagenet")]
    | Annotated[TinyImageNet, subcommand("tiny-imagenet")]
    | Annotated[Cifar, subcommand("cifar")]
    | Annotated[ImageNetC, subcommand("imagenet-c")]
    | Annotated[CifarC, subcommand("cifar-c")]
    | Annotated[CueConflict, subcommand("cue-conflict")]
    | Annotated[STL10, subcommand("stl10")]
    | Annotated[Ucf101, subcommand("ucf101")]
    | Annotated[Hmdb51, subcommand("hmdb51")]
    | Annotated[Kinetics, subcommand("kinetics")]
    | Annotated[Something, subcommand("something")]
    | Annotated[Synthetic, subcommand("synthetic")]
)
