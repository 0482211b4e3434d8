"""How decoded crops become views. One file per recipe of augmentation; to add one, add its file and name it here."""

from typing import Annotated

from tyro.conf import subcommand

from pipelines.views.annealed import AnnealedViews
from pipelines.views.moco import MoCoViews
from pipelines.views.simclr import SimCLRViews
from pipelines.views.strong_and_weak import StrongAndWeak
from pipelines.views.weak import WeakViews

Views = (
    Annotated[SimCLRViews, subcommand("simclr-views")]
    | Annotated[MoCoViews, subcommand("moco-views")]
    | Annotated[AnnealedViews, subcommand("annealed-views")]
    | Annotated[WeakViews, subcommand("weak-views")]
    | Annotated[StrongAndWeak, subcommand("strong-and-weak")]
)
