"""Suspect a fixed number of candidates: one half of FNC's rule (Huynh et al., 2022, arXiv 2011.11765, default 10)."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from training.false_negatives.largest import largest
from training.false_negatives.rule import Pairs, Suspecting


@dataclass(frozen=True)
class TopK(Suspecting):
    """Suspect an anchor's most similar candidates, always as many of them."""

    count: int = 10
    """Candidates of an anchor; the schedule's cap may allow fewer."""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"count must be at least 1, got {self.count}")

    def __call__(self, pairs: Pairs) -> Bool[Tensor, "b m"]:
        top = largest(pairs.similarity, torch.full_like(pairs.anchors, self.count), self.count)
        return self.schedule.cap(top, pairs.similarity, pairs.progress)
