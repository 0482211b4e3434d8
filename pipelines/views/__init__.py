"""How decoded crops become views. One file per recipe of augmentation; to add one, add its file and name it here."""

from typing import Annotated

from tyro.conf import subcommand

from pipelines.views.moco import MoCoViews
from pipelines.views.simclr import SimCLRViews

Views = Annotated[SimCLRViews, subcommand("simclr-views")] | Annotated[MoCoViews, subcommand("moco-views")]
