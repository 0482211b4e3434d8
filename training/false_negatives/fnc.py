"""FNC: what is among the most similar and similar enough, over many views (Huynh et al., 2022, arXiv 2011.11765).

Defaults are those of the released code, where the suspects attract from step 0. It compares ten views of each anchor
by a slow encoder with a memory of earlier embeddings. Here MoCo's queue is that memory, with one key of each sample
rather than ten, and MoCo's key encoder makes the support views; in methods without a queue the global batch takes the
memory's place, and the encoder that learns takes the slow one's.
"""

from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Bool
from torch import Tensor

from training.false_negatives.largest import largest
from training.false_negatives.rule import Pairs, Suspecting
from training.false_negatives.schedule import Schedule


@dataclass(frozen=True)
class FNC(Suspecting):
    """Suspect those of an anchor's most similar candidates whose cosine exceeds a threshold, over further views too."""

    count: int = 10
    """Candidates of an anchor, at most."""
    above: float = 0.7
    """Cosine from which on a candidate is taken for a false negative: the largest over all views."""
    support: int = 8
    """Further views of each anchor that only this rule looks at; each costs a pass without gradient."""
    schedule: Schedule = field(default_factory=lambda: Schedule(start=0.0, ramp=0.0, most=1.0), kw_only=True)
    """When it starts, how it grows, and its cap."""
    action: Literal["remove", "attract"] = field(default="attract", kw_only=True)
    """Take suspects out of the anchor's negatives, or make them further positives of it."""

    def __post_init__(self) -> None:
        if self.count < 1 or self.support < 0 or not -1 <= self.above <= 1:
            raise ValueError(f"need count >= 1, support >= 0 and above, a cosine, from -1 to 1, got {self}")

    @property
    def support_views(self) -> int:
        return self.support

    def __call__(self, pairs: Pairs) -> Bool[Tensor, "b m"]:
        top = largest(pairs.similarity, torch.full_like(pairs.anchors, self.count), self.count)
        return self.schedule.cap(top & (pairs.similarity > self.above), pairs.similarity, pairs.progress)
