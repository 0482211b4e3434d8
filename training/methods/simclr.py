"""SimCLR: two views of a sample are each other's positive among all views of the global batch (Chen et al., 2020)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from pipelines.batch import Batch
from training.false_negatives.suspects import Suspects
from training.losses import contrast
from training.methods.in_batch import InBatch, InBatchKnobs, Pair


class SimCLRModule(InBatch):
    """NT-Xent of all views of the global batch."""

    def compare(
        self, pair: Pair, batch: Batch, suspects: Suspects | None = None, extra: Float[Tensor, "b n d"] | None = None
    ) -> Float[Tensor, ""]:
        """All views in turn."""
        candidates, positive, ignore, attract = self.all_views(pair, batch, suspects)
        extra, knobs = None if extra is None else extra.repeat(len(pair), 1, 1), self.knobs
        return contrast(torch.cat(pair), candidates, positive, knobs.temperature, ignore, extra, knobs.alpha, attract)


@dataclass(frozen=True)
class SimCLR(InBatchKnobs):
    """SimCLR."""

    module: ClassVar = SimCLRModule
