"""Negatives made of a sample itself. One file per kind; to add one, add its file and name it here.

Each is called with view 0 or, if it says ``of_textures``, with the samples' textures, augmented as view 0 was.
"""

from typing import Annotated

from tyro.conf import subcommand

from pipelines.negatives.frames import Frames
from pipelines.negatives.none import NoNegatives
from pipelines.negatives.patches import Patches
from pipelines.negatives.textures import Textures

Negatives = (
    Annotated[NoNegatives, subcommand("none")]
    | Annotated[Patches, subcommand("patches")]
    | Annotated[Textures, subcommand("textures")]
    | Annotated[Frames, subcommand("frames")]
)
