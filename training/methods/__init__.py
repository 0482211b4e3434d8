"""How views become a loss. One file per method; to add one, add its file and name it here."""

from typing import Annotated

from tyro.conf import subcommand

from training.methods.moco import MoCo
from training.methods.simclr import SimCLR

Method = Annotated[SimCLR, subcommand("simclr")] | Annotated[MoCo, subcommand("moco")]
