"""ACL: NT-Xent of attacked views (Jiang et al., NeurIPS 2020; the dual stream is as the official code does it).

With x, x' the views, starred where attacked, NT the loss of NT-Xent over all views of the global batch, f the network
by its clean batch norms and f* by those for attacked views, which both encoder and head have:

    ds, dual stream                 [ NT(f(x), f(x')) + NT(f*(x*), f*(x'*)) ] / 2    both views climb its second part
    a2s, adversarial to standard      NT(f*(x*), f(x'))                              view 0 climbs it
    a2a, adversarial to adversarial   NT(f(x*), f(x'*)), with one kind of norms      both views climb it

The last two were not released: how their norms and attacks go is our reading.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from pipelines.batch import Batch
from training.batch_norms import Branch, frozen_statistics, select
from training.encoders import Encoder
from training.false_negatives import FalseNegatives, KeepAll
from training.false_negatives.suspects import Suspects
from training.heads import Head
from training.methods.attacked import Attacked, Objective
from training.methods.in_batch import InBatchKnobs, Pair
from training.methods.method import Adversarial, Outcome, Views
from training.methods.simclr import SimCLRModule


class DualStream(SimCLRModule, Attacked):
    """Clean views in one stream, moved ones in the other."""

    branches: ClassVar[tuple[Branch, ...]] = ("adversarial",)

    def objective(self, batch: Batch, progress: float) -> Objective:
        """Both views away from each other."""
        suspects = self.suspect(batch, progress)
        return Objective(batch.views, lambda moved: self.stream(moved, batch, suspects))

    def stream(self, moved: Views, batch: Batch, suspects: Suspects | None) -> Float[Tensor, ""]:
        """The loss of moved views among themselves."""
        return self.compare(self.pair(moved, "adversarial"), batch, suspects)

    def pair(self, views: Views, branch: Branch) -> Pair:
        """Embeddings of both views by a branch of batch norms."""
        with select(self, branch):
            return self.embed(torch.cat(views)).chunk(2)

    def clean(self, batch: Batch) -> Pair:
        return self.pair(batch.views, "clean")

    def weight(self, progress: float) -> float:
        """Of the moved views' stream at a time of the run; that of the clean ones makes it up to 2."""
        return 1.0

    def forward(self, batch: Batch, adversarial: Adversarial | None = None, progress: float = 1.0) -> Outcome:
        """The weighted mean of both streams; false negatives are the clean one's."""
        assert adversarial is not None, "a run without an attack is refused when it is made"
        clean, weight = self.clean(batch), self.weight(progress)
        suspects, counts = self._detect(clean, batch, progress)
        loss = (2 - weight) * self.compare(clean, batch, suspects, self._own(batch))
        loss = loss + weight * self.stream(adversarial.views, batch, suspects)
        return Outcome(loss / 2, clean[0].detach(), counts)


class ToStandard(SimCLRModule, Attacked):
    """Moved view 0 and clean view 1."""

    branches: ClassVar[tuple[Branch, ...]] = ("adversarial",)

    def objective(self, batch: Batch, progress: float) -> Objective:
        """View 0 away from view 1."""
        suspects, anchor = self.suspect(batch, progress), self.target(batch.views[1])

        def loss(moved: Views) -> Tensor:
            with select(self, "adversarial"):
                worse = self.embed(moved[0])
            return self.compare((worse, anchor), batch, suspects)

        return Objective(batch.views[:1], loss)

    def forward(self, batch: Batch, adversarial: Adversarial | None = None, progress: float = 1.0) -> Outcome:
        """False negatives are those of view 1."""
        assert adversarial is not None, "a run without an attack is refused when it is made"
        with select(self, "adversarial"):
            worse = self.embed(adversarial.views[0])
        clean = self.embed(batch.views[1])
        suspects, counts = self._detect((clean,), batch, progress)
        return Outcome(self.compare((worse, clean), batch, suspects, self._own(batch)), clean.detach(), counts)


class ToAdversarial(SimCLRModule, Attacked):
    """Moved views only."""

    def objective(self, batch: Batch, progress: float) -> Objective:
        """Both views away from each other."""
        suspects = self.suspect(batch, progress)
        return Objective(batch.views, lambda moved: self.compare(self._pair(moved), batch, suspects))

    def forward(self, batch: Batch, adversarial: Adversarial | None = None, progress: float = 1.0) -> Outcome:
        """False negatives are those of the clean views, which only a rule has computed, without gradient or trace."""
        assert adversarial is not None, "a run without an attack is refused when it is made"
        worse = self._pair(adversarial.views)
        with torch.no_grad(), frozen_statistics(self):
            clean = worse if isinstance(self.detector.rule, KeepAll) else self.clean(batch)
        suspects, counts = self._detect(clean, batch, progress)
        return Outcome(self.compare(worse, batch, suspects, self._own(batch)), clean[0].detach(), counts)

    def _pair(self, views: Views) -> tuple[Tensor, ...]:
        return self.embed(torch.cat(views)).chunk(2)


MODULES = {"ds": DualStream, "a2s": ToStandard, "a2a": ToAdversarial}


@dataclass(frozen=True)
class ACL(InBatchKnobs):
    """Adversarial contrastive learning; needs attack:pgd."""

    pairs: Literal["ds", "a2s", "a2a"] = "ds"
    """Dual stream: clean pairs and attacked pairs. Or attacked views with clean ones, or with each other, only."""
    temperature: float = 0.5
    head: Head = field(default_factory=lambda: Head(layers=3, hidden=512, out=512))
    attacked: ClassVar[bool] = True

    @property
    def measured_branch(self) -> Branch:
        """Robust features are those of the attacked views' norms (official code: ``--bnNameCnt 1``)."""
        return "clean" if self.pairs == "a2a" else "adversarial"

    def build(self, encoder: Encoder, rule: FalseNegatives | None = None, samples: int = 0) -> SimCLRModule:
        return MODULES[self.pairs](self, encoder, rule or KeepAll(), samples)
