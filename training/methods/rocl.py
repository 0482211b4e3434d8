"""RoCL: the attacked view is a third view of its sample (Kim et al., NeurIPS 2020; as the official code does it).

With x, x' the views, x* the attacked x, and NT the loss of NT-Xent over all views of the global batch, in which each
of a sample's other views is a positive of its own and adds a term, the similarities' second factor without gradient:

    attack:    x* climbs NT(x*, x')
    training:  NT(x, x', x*) + NT(x*, x') / λ

One batch norm for all three views. The official attack sees one process's part of the batch only, ours all of it.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pipelines.batch import Batch
from training.false_negatives.suspects import Suspects
from training.heads import Head
from training.methods.attacked import Attacked, Objective
from training.methods.in_batch import InBatchKnobs, Pair
from training.methods.method import Adversarial, Outcome, Views
from training.methods.simclr import SimCLRModule


class RoCLModule(SimCLRModule, Attacked):
    """NT-Xent of three views of each sample."""

    knobs: "RoCL"

    def compare(
        self, pair: Pair, batch: Batch, suspects: Suspects | None = None, extra: Float[Tensor, "b n d"] | None = None
    ) -> Float[Tensor, ""]:
        """All views in turn; a view's terms add up, where SimCLR's are averaged."""
        return (len(pair) - 1) * super().compare(pair, batch, suspects, extra)

    def all_views(
        self, pair: Pair, batch: Batch, suspects: Suspects | None
    ) -> tuple[Float[Tensor, "m d"], Int[Tensor, " a"], Bool[Tensor, "a m"], Bool[Tensor, "a m"] | None]:
        """As in NT-Xent, but candidates carry no gradient: a view moves as an anchor only."""
        candidates, positive, ignore, attract = super().all_views(pair, batch, suspects)
        return candidates.detach(), positive, ignore, attract

    def objective(self, batch: Batch, progress: float) -> Objective:
        """View 0 away from view 1."""
        suspects, anchor = self.suspect(batch, progress), self.target(batch.views[1])

        def loss(moved: Views) -> Tensor:
            return self.compare((self.embed(moved[0]), anchor), batch, suspects)

        return Objective(batch.views[:1], loss)

    def forward(self, batch: Batch, adversarial: Adversarial | None = None, progress: float = 1.0) -> Outcome:
        """The loss of the two views and the moved one; false negatives are those of the two."""
        assert adversarial is not None, "a run without an attack is refused when it is made"
        first, second, worse = self.embed(torch.cat([*batch.views, *adversarial.views])).chunk(3)
        suspects, counts = self._detect((first, second), batch, progress)
        loss = self.compare((first, second, worse), batch, suspects, self._own(batch))
        loss = loss + self.compare((worse, second), batch, suspects) / self.knobs.divisor
        return Outcome(loss, first.detach(), counts)


@dataclass(frozen=True)
class RoCL(InBatchKnobs):
    """Robust contrastive learning; needs attack:pgd."""

    temperature: float = 0.5
    head: Head = field(default_factory=lambda: Head(hidden=2048, norm=False))
    divisor: float = 256.0
    """λ, of the further term of the moved view and view 1; the official code takes the batch of one GPU for it."""
    attacked: ClassVar[bool] = True
    module: ClassVar = RoCLModule

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.divisor <= 0:
            raise ValueError(f"divisor must be above 0, got {self.divisor}")
