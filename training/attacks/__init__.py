"""How a view is worsened before training sees it. One file per attack; to add one, add its file and name it here."""

from typing import Annotated

from tyro.conf import subcommand

from training.attacks.clae import CLAE
from training.attacks.pgd import PGD
from training.attacks.stillness import Stillness

Attack = (
    Annotated[Stillness, subcommand("none")] | Annotated[CLAE, subcommand("clae")] | Annotated[PGD, subcommand("pgd")]
)
