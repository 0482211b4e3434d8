"""What the methods share whose negatives are the other samples of the global batch."""

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pipelines.batch import Batch
from training.batch_norms import frozen_statistics, select
from training.encoders import Encoder
from training.false_negatives import FalseNegatives, KeepAll
from training.false_negatives.suspects import Detector, Samples, Suspects
from training.gather import gather, rank
from training.heads import Head
from training.methods.method import Adversarial, Contrastive, Knobs, Outcome, own_negatives

Pair = tuple[Float[Tensor, "b d"], ...]
Mask = Bool[Tensor, "b m"]


@dataclass(frozen=True)
class InBatchKnobs(Knobs):
    """What all of them have."""

    temperature: float = 0.2
    head: Head = field(default_factory=Head)
    alpha: float = 1.0
    """Weight of the similarity to the sample's own negatives, inside the exponent."""
    module: ClassVar[type["InBatch"]]

    def __post_init__(self) -> None:
        if self.temperature <= 0:
            raise ValueError(f"temperature must be above 0, got {self.temperature}")

    def build(self, encoder: Encoder, rule: FalseNegatives | None = None, samples: int = 0) -> "InBatch":
        return self.module(self, encoder, rule or KeepAll(), samples)


class InBatch(Contrastive):
    """An encoder and its head, with nothing kept between steps; ``compare`` is the method."""

    def __init__(self, knobs: InBatchKnobs, encoder: Encoder, rule: FalseNegatives, samples: int):
        super().__init__(encoder, knobs.head.build(encoder.width))
        self.knobs, self.detector = knobs, Detector(rule, samples, knobs.head.out)

    @abstractmethod
    def compare(
        self, pair: Pair, batch: Batch, suspects: Suspects | None = None, extra: Float[Tensor, "b n d"] | None = None
    ) -> Float[Tensor, ""]:
        """The mean loss of this process's anchors, of two embeddings of each sample, against the global batch."""

    def forward(self, batch: Batch, adversarial: Adversarial | None = None, progress: float = 1.0) -> Outcome:
        """The loss of the two views; an adversarial view adds that of itself and its anchor.

        That term leaves out the samples' own negatives: it is CLAE's as published.
        """
        clean = self.clean(batch)
        suspects, counts = self._detect(clean, batch, progress)
        loss = self.compare(clean, batch, suspects, self._own(batch))
        if adversarial is not None:
            with select(self, "adversarial"):
                worse = self.embed(adversarial.views[0])
            loss = loss + adversarial.weight * self.compare((clean[adversarial.anchor], worse), batch, suspects)
        return Outcome(loss, clean[0].detach(), counts)

    def clean(self, batch: Batch) -> Pair:
        """Embeddings of the two clean views, which also tell who is a false negative."""
        return self.embed(torch.cat(batch.views)).chunk(2)

    @torch.no_grad()
    def target(self, views: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b d"]:
        """What an adversarial view is contrasted with during the attack: the embedding of ``views``."""
        return self.embed(views)

    def against(
        self,
        anchors: Float[Tensor, "b d"],
        embeddings: Float[Tensor, "b d"],
        batch: Batch,
        suspects: Suspects | None = None,
    ) -> Float[Tensor, ""]:
        """The method's loss with ``embeddings`` in the role of the second view."""
        return self.compare((anchors, embeddings), batch, suspects)

    @torch.no_grad()
    def suspect(self, batch: Batch, progress: float) -> Suspects | None:
        """From both views, if the rule tells the attack."""
        if not self.detector.known_to_attack:
            return None
        with select(self, "clean"), frozen_statistics(self):
            return self._detect(self.clean(batch), batch, progress)[0]

    def advance(self, outcome: Outcome, batch: Batch, progress: float) -> None:
        """Only the rule may remember something."""
        self.detector.advance(outcome.keys, batch.ids, progress)

    def relations(self, batch: Batch, suspects: Suspects | None) -> tuple[Mask, Mask | None]:
        """Which samples of the global batch drop out of an anchor's sum (its own among them), and which attract it."""
        removed, attracted = suspects or (None, None)
        own = batch.ids[:, None] == gather(batch.ids)[None]  # a straddled epoch's second self too
        return own if removed is None else own | removed, attracted

    def all_views(
        self, pair: Pair, batch: Batch, suspects: Suspects | None
    ) -> tuple[Float[Tensor, "m d"], Int[Tensor, " a"], Bool[Tensor, "a m"], Bool[Tensor, "a m"] | None]:
        """For the embeddings of each sample as anchors, two or more, those of the global batch as candidates.

        Returns: the candidates, where each anchor's positive is among them, and who is ignored and attracted. Of more
        than two, an anchor's own others are all its positives: one of them is the positive, the rest is attracted.
        """
        views, here = len(pair), self.here(batch)
        candidates = torch.cat([gather(view) for view in pair])
        count = len(candidates) // views
        turns = [torch.cat([here + (v + turn) % views * count for v in range(views)]) for turn in range(1, views)]
        others = torch.stack(turns, 1)
        ignore, attract = self.relations(batch, suspects)
        ignore = ignore.repeat(views, views).scatter(1, others, False)
        attract = None if attract is None else attract.repeat(views, views)
        if views > 2:
            attract = (torch.zeros_like(ignore) if attract is None else attract).scatter(1, others, True)
        return candidates, others[:, 0], ignore, attract

    @staticmethod
    def here(batch: Batch) -> Int[Tensor, " b"]:
        """Where this process's samples stand in the global batch."""
        return torch.arange(len(batch.ids), device=batch.ids.device) + rank() * len(batch.ids)

    @torch.no_grad()
    def _detect(self, clean: Pair, batch: Batch, progress: float) -> tuple[Suspects, dict[str, Tensor]]:
        views, labels = torch.stack(clean, 1).detach(), batch.labels
        candidates = Samples(gather(views), gather(batch.ids), None if labels is None else gather(labels))
        with frozen_statistics(self):
            support = [self.embed(view)[:, None] for view in batch.support]
        return self.detector(Samples(torch.cat([views, *support], 1), batch.ids, labels), candidates, progress)

    def _own(self, batch: Batch) -> Float[Tensor, "b n d"] | None:
        """Without moving statistics, as in MoCo's form of the loss; made from view 0, they serve the other view too."""
        with frozen_statistics(self):
            return own_negatives(self.embed, batch.negatives)
