"""UEL: views of a sample attract, all other views of the batch are pushed off one by one.

CLAE's second base method (Ho & Vasconcelos, 2020, arXiv 2010.12050, official code), after "invariant and spreading"
embeddings. Candidates carry no gradient: a view moves as an anchor only.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from pipelines.batch import Batch
from training.false_negatives.suspects import Suspects
from training.heads import Head
from training.losses import spread
from training.methods.in_batch import InBatch, InBatchKnobs, Pair


class UELModule(InBatch):
    """The spreading loss of all views of the global batch."""

    knobs: "UEL"

    def compare(
        self, pair: Pair, batch: Batch, suspects: Suspects | None = None, extra: Float[Tensor, "b n d"] | None = None
    ) -> Float[Tensor, ""]:
        """Both views in turn."""
        candidates, positive, ignore, attract = self.all_views(pair, batch, suspects)
        extra, knobs = None if extra is None else extra.repeat(2, 1, 1), self.knobs
        return spread(
            torch.cat(pair), candidates.detach(), positive, knobs.temperature, knobs.push, ignore, extra, knobs.alpha,
            attract,
        )  # fmt: skip


@dataclass(frozen=True)
class UEL(InBatchKnobs):
    """Unsupervised embedding learning by instance features."""

    temperature: float = 0.1
    head: Head = field(default_factory=lambda: Head(layers=1))
    push: float = 1.0
    """Weight of the negatives' term, m in the official code."""
    module: ClassVar = UELModule
