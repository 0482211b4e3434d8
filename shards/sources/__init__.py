"""Where samples come from. One file per data set; to add one, add its file and name it here."""

from typing import Annotated

from tyro.conf import subcommand

from shards.sources.folder import Folder
from shards.sources.hmdb51 import Hmdb51
from shards.sources.kinetics import Kinetics
from shards.sources.something import Something
from shards.sources.synthetic import Synthetic
from shards.sources.table import Table
from shards.sources.ucf101 import Ucf101

Source = (
    Annotated[Folder, subcommand("folder")]
    | Annotated[Synthetic, subcommand("synthetic")]
    | Annotated[Ucf101, subcommand("ucf101")]
    | Annotated[Hmdb51, subcommand("hmdb51")]
    | Annotated[Kinetics, subcommand("kinetics")]
    | Annotated[Something, subcommand("something")]
    | Annotated[Table, subcommand("table")]
)
