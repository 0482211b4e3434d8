"""How a pretrained encoder becomes a classifier. One file per way; to add one, add its file and name it here."""

from typing import Annotated

from tyro.conf import subcommand

from training.tuning.aff import AFF
from training.tuning.alf import ALF
from training.tuning.full import Full
from training.tuning.slf import SLF

Tune = (
    Annotated[SLF, subcommand("slf")]
    | Annotated[ALF, subcommand("alf")]
    | Annotated[Full, subcommand("full")]
    | Annotated[AFF, subcommand("aff")]
)
