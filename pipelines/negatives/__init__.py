"""Negatives made from a view itself. One file per kind; to add one, add its file and name it here."""

from typing import Annotated

from tyro.conf import subcommand

from pipelines.negatives.none import NoNegatives
from pipelines.negatives.patches import Patches

Negatives = Annotated[NoNegatives, subcommand("none")] | Annotated[Patches, subcommand("patches")]
