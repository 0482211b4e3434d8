"""Methods that are made of an attack: they know which views it moves, and what it climbs."""

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, NamedTuple

from jaxtyping import Float
from torch import Tensor

from pipelines.batch import Batch
from training.batch_norms import Branch, convert
from training.methods.method import MethodModule, Views


class Objective(NamedTuple):
    """What an attack is given."""

    views: Views
    """The clean views that it may move."""
    loss: Callable[[Views], Float[Tensor, ""]]
    """Of moved views: what it shall make large."""


class Attacked(MethodModule):
    """A method whose ``forward`` is given those views of its ``objective`` that an attack has moved."""

    branches: ClassVar[tuple[Branch, ...]] = ()
    """Batch norms beside the clean ones, for views that were moved."""

    def part_norms(self, momentum: float) -> None:
        """Make them, once; ``momentum`` is how far a step moves their running statistics."""
        convert(self, momentum, self.branches)

    @abstractmethod
    def objective(self, batch: Batch, progress: float) -> Objective:
        """What to move, and the loss to climb, of this process's part of a global batch.

        Called in the mode in which the attack shall see the method, with whatever stays as it is computed once.
        """
