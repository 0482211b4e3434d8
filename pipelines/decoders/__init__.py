"""How bytes become pixels. One file per library; to add one, add its file and name it here."""

from typing import Annotated

from tyro.conf import subcommand

from pipelines.decoders.auto import Auto
from pipelines.decoders.dali import Dali
from pipelines.decoders.decord import Decord
from pipelines.decoders.plain import Plain
from pipelines.decoders.pyav import PyAV
from pipelines.decoders.turbo import Turbo

Decoder = (
    Annotated[Auto, subcommand("auto")]
    | Annotated[Turbo, subcommand("turbo")]
    | Annotated[Dali, subcommand("dali")]
    | Annotated[PyAV, subcommand("pyav")]
    | Annotated[Decord, subcommand("decord")]
    | Annotated[Plain, subcommand("plain")]
)
