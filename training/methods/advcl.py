"""AdvCL: attacked clips among strong views, fine detail and clusters (Fan et al., NeurIPS 2021; the official code).

Views 0 and 1 of a sample, t and t', are strong, view 2, x, is weak; h is what high frequencies leave of x, and two
copies of x are attacked: x* climbs the contrast, x° the clusters' cross-entropy, both at once.

    scale · contrast of f*(x*), f(t), f(t'), f(h)  +  weight · mean over clusterings of CE(heads(f°(x°)), clusters)

The contrast is SupCon's without labels: all views in turn are anchors among those of the global batch, the positives
are the sample's own other three. f normalises by the clean batch norms, f* and f° by two further kinds.

What differs from the official code: its clusters come from features that were trained on ImageNet. Ours use no other
data: they are the run's own, of clean embeddings of view 0, found once at ``start`` of the run and kept; before, and
for samples not seen by then, the second term is nothing. Its attack moves running statistics, ours does not
(``attack.statistics`` batch is training mode all the same). Not known to us, and so our reading: one linear head for
each clustering, on the encoder's features; h, t and t' in one forward pass; and the projection head.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipelines.batch import Batch
from shards.refusal import Refusal
from training.batch_norms import Branch, convert, select
from training.encoders import Encoder
from training.false_negatives import FalseNegatives
from training.false_negatives.suspects import Suspects
from training.heads import Head
from training.methods.attacked import Attacked, Objective
from training.methods.high_frequency import high_frequency
from training.methods.in_batch import InBatchKnobs, Pair
from training.methods.method import Adversarial, Outcome, Views
from training.methods.pseudo_labels import PseudoLabels
from training.methods.simclr import SimCLRModule


class AdvCLModule(SimCLRModule, Attacked):
    """Four views of each sample in one contrast, and classifiers of clusters."""

    knobs: "AdvCL"
    branches: ClassVar[tuple[Branch, ...]] = "adversarial", "labelled"

    def __init__(self, knobs: "AdvCL", encoder: Encoder, rule: FalseNegatives, samples: int):
        super().__init__(knobs, encoder, rule, samples)
        self.classifiers = nn.ModuleList(nn.Linear(encoder.width, count) for count in knobs.clusters)
        self.pseudo = PseudoLabels(samples, knobs.head.out, knobs.clusters, knobs.start)

    def part_norms(self, momentum: float) -> None:
        """None for x° in the projection head, through which it never goes."""
        convert(self.encoder, momentum, self.branches)
        convert(self.head, momentum, ("adversarial",))

    def clean(self, batch: Batch) -> Pair:
        """Embeddings of the strong views."""
        return self.unmoved(batch)[:2]

    def unmoved(self, batch: Batch) -> Pair:
        """Embeddings of the strong views and of the weak one's high frequencies."""
        first, second, weak = batch.views
        return self.embed(torch.cat([first, second, high_frequency(weak, self.knobs.coarse)])).chunk(3)

    def objective(self, batch: Batch, progress: float) -> Objective:
        """Two copies of the weak view, away from the sample's other views and from its clusters."""
        suspects = self.suspect(batch, progress)
        with torch.no_grad():
            unmoved = self.unmoved(batch)
        return Objective((batch.views[2],) * 2, lambda moved: self.cost(moved, unmoved, batch, suspects))

    def cost(
        self, moved: Views, unmoved: Pair, batch: Batch, suspects: Suspects | None, own: Tensor | None = None
    ) -> Float[Tensor, ""]:
        """The whole loss, of both moved copies and what is clean."""
        with select(self, "adversarial"):
            worse = self.embed(moved[0])
        with select(self, "labelled"):
            features = self.encoder(moved[1])
        logits = tuple(classify(features).to(moved[1].dtype) for classify in self.classifiers)
        contrast = self.knobs.scale * self.compare((worse, *unmoved), batch, suspects, own)
        return contrast + self.knobs.weight * self.pseudo.cross_entropy(logits, batch.ids)

    def forward(self, batch: Batch, adversarial: Adversarial | None = None, progress: float = 1.0) -> Outcome:
        """The loss; false negatives are those of the strong views, and part all four."""
        assert adversarial is not None, "a run without an attack is refused when it is made"
        unmoved = self.unmoved(batch)
        suspects, counts = self._detect(unmoved[:2], batch, progress)
        loss = self.cost(adversarial.views, unmoved, batch, suspects, self._own(batch))
        return Outcome(loss, unmoved[0].detach(), counts | {"unlabelled": self.pseudo.unlabelled(batch.ids)})

    def advance(self, outcome: Outcome, batch: Batch, progress: float) -> None:
        """What the rule remembers, and embeddings until they are clustered."""
        super().advance(outcome, batch, progress)
        self.pseudo.advance(outcome.keys, batch.ids, progress)


@dataclass(frozen=True)
class AdvCL(InBatchKnobs):
    """Adversarial contrast with high frequencies and pseudo-labels; needs attack:pgd and three views of a sample."""

    temperature: float = 0.5
    head: Head = field(default_factory=lambda: Head(hidden=512))
    scale: float = 0.5 / 0.07
    """Of the contrast; temperature / 0.07 in the official code."""
    weight: float = 0.2
    """Of the clusters' cross-entropy."""
    clusters: tuple[int, ...] = (2, 10, 50, 100, 500)
    """Into how many clusters each clustering parts the data set."""
    start: float = 0.1
    """Share of the run after which clusters are found, once; it should hold an epoch at least, for samples not seen by
    then never have a pseudo-label; each line of metrics says how many had none."""
    coarse: float = 8.0
    """Frequencies that are taken out of the fine view: up to so many cycles per picture."""
    views: ClassVar[int] = 3
    moved: ClassVar[int] = 2
    attacked: ClassVar[bool] = True
    module: ClassVar = AdvCLModule

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.scale, self.weight, self.coarse) < 0 or not 0 <= self.start < 1:
            raise ValueError(f"need scale, weight, coarse >= 0 and start, a share, from 0 to below 1, got {self}")
        if not self.clusters or min(self.clusters) < 2:
            raise ValueError(f"need one clustering at least, of 2 clusters or more each, got {self.clusters}")

    @property
    def measured_branch(self) -> Branch:
        """Robust features are those of the norms of x* (official code: its SLF)."""
        return "adversarial"

    def check(self, samples: int) -> None:
        if samples < max(self.clusters):
            raise Refusal(
                f"advcl cannot part {samples} samples into {max(self.clusters)} clusters; give --method.clusters "
                f"numbers of at most {samples}"
            )
