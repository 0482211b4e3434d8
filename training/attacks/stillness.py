"""No attack."""

from dataclasses import dataclass

from torch import nn

from pipelines.batch import Batch


@dataclass(frozen=True)
class Stillness:
    """Leave the views as they are."""

    def prepare(self, method: nn.Module) -> None:
        """Nothing to add to the method."""

    def __call__(self, method: nn.Module, batch: Batch, progress: float = 1.0) -> None:
        return None
