"""SupCon: SimCLR whose samples of one class attract each other: a control, for it reads labels.

The loss of the official code as the author of arXiv 2207.10862 used it: 1/|P| of the logs of all positives' shares,
times temperature / 0.07 there, which is ``scale`` here.
"""

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from pipelines.batch import Batch
from shards.refusal import Refusal
from training.false_negatives.suspects import Suspects
from training.gather import gather
from training.methods.in_batch import Mask, Pair
from training.methods.simclr import SimCLR, SimCLRModule


class SupConModule(SimCLRModule):
    """NT-Xent with all other views of the class as further positives."""

    knobs: "SupCon"

    def compare(
        self, pair: Pair, batch: Batch, suspects: Suspects | None = None, extra: Float[Tensor, "b n d"] | None = None
    ) -> Float[Tensor, ""]:
        """Both views in turn, scaled."""
        return self.knobs.scale * super().compare(pair, batch, suspects, extra)

    def relations(self, batch: Batch, suspects: Suspects | None) -> tuple[Mask, Mask | None]:
        """A sample's class attracts it; a rule can only take others out."""
        if batch.labels is None:
            raise Refusal("method:supcon needs labels, these shards hold one class; use method:simclr")
        ignore, attract = super().relations(batch, suspects)
        own = batch.ids[:, None] == gather(batch.ids)[None]
        same = (batch.labels[:, None] == gather(batch.labels)[None]) & ~own
        return ignore & ~same, same if attract is None else same | attract


@dataclass(frozen=True)
class SupCon(SimCLR):
    """Supervised contrast."""

    scale: float = 1.0
    """Of the whole loss; temperature / 0.07 in the official code."""
    needs_labels: ClassVar[bool] = True
    module: ClassVar = SupConModule
