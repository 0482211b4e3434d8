"""How gradients become steps. An optimizer that is not here yet: one dataclass with ``build``, and its name here."""

from typing import Annotated

from tyro.conf import subcommand

from training.optimizers.adamw import AdamW
from training.optimizers.lars import LARS
from training.optimizers.sgd import SGD

Optimizer = (
    Annotated[SGD, subcommand("sgd")] | Annotated[LARS, subcommand("lars")] | Annotated[AdamW, subcommand("adamw")]
)
