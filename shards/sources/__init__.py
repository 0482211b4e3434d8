"""Where samples come from. One file per data set; to add one, add its file and name it here."""

from typing import Annotated

from tyro.conf import subcommand

from shards.sources.folder import Folder
from shards.sources.synthetic import Synthetic
from shards.sources.tars import WebDataset

Source = (
    Annotated[Folder, subcommand("folder")]
    | Annotated[Synthetic, subcommand("synthetic")]
    | Annotated[WebDataset, subcommand("webdataset")]
)
