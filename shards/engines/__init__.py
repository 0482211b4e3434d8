"""Who makes the shards. One file per engine; to add one, add its file and name it here."""

from typing import Annotated

from tyro.conf import subcommand

from shards.engines.here import Here
from shards.engines.ray import Ray

Engine = Annotated[Here, subcommand("here")] | Annotated[Ray, subcommand("ray")]
