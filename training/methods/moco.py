"""MoCo v2: a query against its key among a queue of earlier keys (He et al., 2020; Chen et al., 2020).

Its loss with the samples' own negatives is that of non-semantic negatives (Ge et al., 2021, arXiv 2110.14189, official
code): they go through the key encoder without gradient, alpha weighs their similarity inside the exponent, and they are
never enqueued.
"""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from pipelines.batch import Batch
from training.batch_norms import frozen_statistics, select
from training.encoders import Encoder
from training.false_negatives import FalseNegatives, KeepAll
from training.false_negatives.suspects import Detector, Samples, Suspects
from training.gather import collect, deal
from training.heads import Head
from training.losses import contrast
from training.methods.follower import Follower
from training.methods.method import Adversarial, Contrastive, Knobs, Outcome, own_negatives
from training.methods.queue_of_keys import Queue

Embeddings = tuple[Float[Tensor, "b d"], ...]


@dataclass(frozen=True)
class MoCo(Knobs):
    """MoCo v2."""

    queue: int = 16384
    """Keys kept as negatives; at least a global batch of them."""
    momentum: float = 0.999
    """How much of the key encoder stays at each step."""
    symmetric: bool = False
    """Ask with both views in turn, rather than with view 0 only."""
    temperature: float = 0.2
    head: Head = field(default_factory=lambda: Head(norm=False))
    alpha: float = 2.0
    """Weight of the similarity to the sample's own negatives, inside the exponent."""
    shuffle: bool = True
    """Normalise keys elsewhere than their queries: dealt out among the processes, and back. Alone it does nothing."""

    def __post_init__(self) -> None:
        if self.temperature <= 0 or self.queue < 1 or not 0 <= self.momentum <= 1:
            raise ValueError(f"need temperature > 0, queue >= 1 and momentum between 0 and 1, got {self}")

    def build(self, encoder: Encoder, rule: FalseNegatives | None = None, samples: int = 0) -> "MoCoModule":
        return MoCoModule(self, encoder, rule or KeepAll(), samples)


class MoCoModule(Contrastive):
    """A query encoder that learns, a key encoder that follows it, and a queue of keys with their samples."""

    def __init__(self, knobs: MoCo, encoder: Encoder, rule: FalseNegatives, samples: int):
        super().__init__(encoder, knobs.head.build(encoder.width))
        self.knobs = knobs
        self.slow = Follower(encoder, self.head)
        self.queue = Queue(knobs.queue, knobs.head.out)
        self.detector = Detector(rule, samples, knobs.head.out)

    def forward(self, batch: Batch, adversarial: Adversarial | None = None, progress: float = 1.0) -> Outcome:
        """The mean loss of this process's queries against their keys and the queue.

        An adversarial view adds the loss of that view as a query, without the samples' own negatives.
        """
        asked = (0, 1) if self.knobs.symmetric else (0,)
        queries = self.embed(torch.cat([batch.views[v] for v in asked])).chunk(len(asked))
        keys = {1 - v: self.target(batch.views[1 - v]) for v in asked}
        answers = tuple(keys[1 - v] for v in asked)
        suspects, counts = self._detect(answers if batch.support else queries, batch, progress)
        loss = self._ask(queries, answers, batch, suspects, own_negatives(self.target, batch.negatives))
        if adversarial is not None:
            with select(self, "adversarial"):
                worse = self.embed(adversarial.views[0])
            anchor = adversarial.anchor
            answer = keys[anchor] if anchor in keys else self.target(batch.views[anchor])
            loss = loss + adversarial.weight * self._ask((worse,), (answer,), batch, suspects)
        return Outcome(loss, torch.cat(answers), counts)

    @torch.no_grad()
    def target(self, views: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b d"]:
        """Keys, dealt out among the processes while they are normalised."""
        return collect(self.slow(deal(views))) if self.knobs.shuffle and self.slow.by_own_batch else self.slow(views)

    def against(
        self,
        anchors: Float[Tensor, "b d"],
        embeddings: Float[Tensor, "b d"],
        batch: Batch,
        suspects: Suspects | None = None,
    ) -> Float[Tensor, ""]:
        """The loss of ``embeddings`` as queries whose keys are ``anchors``."""
        return self._ask((embeddings,), (anchors,), batch, suspects)

    @torch.no_grad()
    def suspect(self, batch: Batch, progress: float) -> Suspects | None:
        """Among the queue, from one view, if the rule tells the attack."""
        if not self.detector.known_to_attack:
            return None
        with select(self, "clean"), frozen_statistics(self):
            seen = self.target(batch.views[1]) if batch.support else self.embed(batch.views[0])
            return self._detect((seen,), batch, progress)[0]

    @torch.no_grad()
    def advance(self, outcome: Outcome, batch: Batch, progress: float) -> None:
        """Move the key encoder towards the query encoder, and everybody's keys into the queue."""
        self.slow.follow(self.encoder, self.head, self.knobs.momentum)
        self.queue.push(outcome.keys, batch.ids, batch.labels)
        self.detector.advance(outcome.keys[: len(batch.ids)], batch.ids, progress)

    def _detect(self, seen: Embeddings, batch: Batch, progress: float) -> tuple[Suspects, dict[str, Tensor]]:
        """Where there are support views all are seen by the key encoder, as FNC does (arXiv 2011.11765, released code).

        Each key of the queue is a candidate of its own, also where a sample has two.
        """
        views = torch.stack([*seen, *(self.target(view) for view in batch.support)], 1).detach()
        mine = Samples(views, batch.ids, batch.labels)
        return self.detector(mine, self.queue.samples(batch.labels is not None), progress)

    def _ask(
        self,
        queries: Embeddings,
        answers: Embeddings,
        batch: Batch,
        suspects: Suspects | None = None,
        extra: Float[Tensor, "b n d"] | None = None,
    ) -> Float[Tensor, ""]:
        anchors, own, times, ids = torch.cat(queries), torch.cat(answers), len(queries), batch.ids
        positive = torch.arange(len(anchors), device=ids.device)
        others = positive[:, None] != positive[None]  # the batch's other keys wait until they are in the queue
        ignore = (ids[:, None] == self.queue.ids[None]) | (self.queue.ids < 0)[None]
        removed, attracted = suspects or (None, None)
        if removed is not None:
            ignore = ignore | removed
        ignore = torch.cat([others, ignore.repeat(times, 1)], dim=1)
        attract = None if attracted is None else torch.cat([~others, attracted.repeat(times, 1)], dim=1)
        extra = None if extra is None else extra.repeat(times, 1, 1)
        candidates = torch.cat([own, self.queue.keys.to(own.dtype)])
        return contrast(anchors, candidates, positive, self.knobs.temperature, ignore, extra, self.knobs.alpha, attract)
