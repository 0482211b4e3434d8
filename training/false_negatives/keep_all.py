"""No false negatives are looked for."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor


@dataclass(frozen=True)
class KeepAll:
    """Keep every negative."""

    needs_labels: ClassVar[bool] = False

    def __call__(
        self, similarity: Float[Tensor, "b m"], same: Bool[Tensor, "b m"] | None, progress: float
    ) -> Bool[Tensor, "b m"]:
        return torch.zeros_like(similarity, dtype=torch.bool)
