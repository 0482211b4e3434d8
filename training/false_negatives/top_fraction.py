"""Suspect a share of the candidates, whatever their number: an own reconstruction, as no rule's share is published.

The schedule's cap is such a share already, so this is the cap with everybody suspected.
"""

from dataclasses import dataclass, field

import torch
from jaxtyping import Bool
from torch import Tensor

from training.false_negatives.rule import Pairs, Suspecting
from training.false_negatives.schedule import Schedule


@dataclass(frozen=True)
class TopFraction(Suspecting):
    """Suspect the most similar candidates of an anchor: the share of them that the schedule says."""

    schedule: Schedule = field(default_factory=lambda: Schedule(most=0.05), kw_only=True)
    """When it starts, how it grows, and the share."""

    def __call__(self, pairs: Pairs) -> Bool[Tensor, "b m"]:
        everybody = torch.ones_like(pairs.similarity, dtype=torch.bool)
        return self.schedule.cap(everybody, pairs.similarity, pairs.progress)
