"""When a rule starts, how fast it grows, and how much it may take from one anchor."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from training.false_negatives.largest import largest


@dataclass(frozen=True)
class Schedule:
    """Nothing before ``start``; then a cap per anchor that grows to ``most`` during ``ramp``."""

    start: float = 0.1
    """Share of the run's steps before anything is removed."""
    ramp: float = 0.1
    """Share of the run's steps in which the cap grows."""
    most: float = 0.1
    """Largest share of an anchor's candidates that may be removed, the most similar first."""

    def __post_init__(self) -> None:
        if not (0 <= self.start <= 1 and 0 <= self.ramp <= 1 and 0 <= self.most <= 1):
            raise ValueError(f"start, ramp and most are shares, from 0 to 1, got {self}")

    def share(self, progress: float) -> float:
        """The cap at a time of the run between 0 and 1."""
        if progress < self.start:
            return 0.0
        return self.most * min((progress - self.start) / self.ramp, 1.0) if self.ramp else self.most

    def cap(
        self, suspected: Bool[Tensor, "b m"], similarity: Float[Tensor, "b m"], progress: float
    ) -> Bool[Tensor, "b m"]:
        """The suspects that may be removed now. A similarity of minus infinity says that a pair is no candidate."""
        candidates = similarity > -torch.inf
        share = self.share(progress)
        if share >= 1:
            return suspected & candidates
        allowed = (share * candidates.sum(1) + 1e-6).long()  # 0.1 of 10 is 1, whatever floats say
        most = int(share * similarity.shape[1] + 1e-6)
        return largest(similarity.masked_fill(~suspected, -torch.inf), allowed, most)
