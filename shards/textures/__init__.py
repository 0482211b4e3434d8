"""Textures: a picture's surface without its meaning. One file per way; to add one, add its file and name it here."""

from typing import Annotated

from tyro.conf import subcommand

from shards.textures.none import NoTexture
from shards.textures.portilla import PortillaSimoncelli
from shards.textures.stochastic import Stochastic

Texture = (
    Annotated[NoTexture, subcommand("none")]
    | Annotated[Stochastic, subcommand("stochastic")]
    | Annotated[PortillaSimoncelli, subcommand("portilla-simoncelli")]
)
