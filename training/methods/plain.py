"""Plain: view 0 against view 1 of all samples, one way only.

CLAE's first base method (Ho & Vasconcelos, 2020, arXiv 2010.12050, official code): InfoNCE whose candidates are the
second views of the batch; nothing is symmetrised.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from pipelines.batch import Batch
from training.false_negatives.suspects import Suspects
from training.gather import gather
from training.heads import Head
from training.losses import contrast
from training.methods.in_batch import InBatch, InBatchKnobs, Pair


class PlainModule(InBatch):
    """InfoNCE with the batch's second views as candidates."""

    def compare(
        self, pair: Pair, batch: Batch, suspects: Suspects | None = None, extra: Float[Tensor, "b n d"] | None = None
    ) -> Float[Tensor, ""]:
        """The first embedding of each sample as anchor."""
        anchors, positive, knobs = pair[0], self.here(batch), self.knobs
        ignore, attract = self.relations(batch, suspects)
        ignore = ignore.scatter(1, positive[:, None], False)
        return contrast(anchors, gather(pair[1]), positive, knobs.temperature, ignore, extra, knobs.alpha, attract)


@dataclass(frozen=True)
class Plain(InBatchKnobs):
    """One-directional InfoNCE."""

    temperature: float = 0.1
    head: Head = field(default_factory=lambda: Head(layers=1))
    module: ClassVar = PlainModule
