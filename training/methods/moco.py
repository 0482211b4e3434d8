"""MoCo v2: a query against its key among a queue of earlier keys (He et al., 2020; Chen et al., 2020).

Its loss with the samples' own negatives is that of non-semantic negatives (Ge et al., 2021, arXiv 2110.14189, official
code): they go through the key encoder without gradient, alpha weighs their similarity inside the exponent, and they are
never enqueued.
"""

import copy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pipelines.batch import Batch
from shards.refusal import Refusal
from training.batch_norms import frozen_statistics, select
from training.encoders import Encoder
from training.false_negatives import FalseNegatives, KeepAll
from training.false_negatives.suspects import Samples, find_suspects
from training.gather import collect, deal, gather
from training.heads import projection
from training.losses import contrast
from training.methods.method import Adversarial, MethodModule, Outcome


@dataclass(frozen=True)
class MoCo:
    """MoCo v2."""

    queue: int = 16384
    """Keys kept as negatives; at least a global batch of them."""
    momentum: float = 0.999
    """How much of the key encoder stays at each step."""
    symmetric: bool = False
    """Ask with both views in turn, rather than with view 0 only."""
    temperature: float = 0.2
    embedding: int = 128
    """Length of the embeddings behind the projection head."""
    alpha: float = 2.0
    """Weight of the similarity to the sample's own negatives, inside the exponent."""
    shuffle: bool = True
    """Normalise keys elsewhere than their queries: dealt out among the processes, and back. Alone it does nothing."""

    def __post_init__(self) -> None:
        if self.temperature <= 0 or self.queue < 1 or not 0 <= self.momentum <= 1:
            raise ValueError(f"need temperature > 0, queue >= 1 and momentum between 0 and 1, got {self}")

    def build(self, encoder: Encoder, rule: FalseNegatives | None = None) -> "MoCoModule":
        return MoCoModule(self, encoder, rule or KeepAll())


class MoCoModule(MethodModule):
    """A query encoder that learns, a key encoder that follows it, and a queue of keys with their samples."""

    queue: Tensor
    queue_ids: Tensor
    queue_labels: Tensor
    oldest: Tensor

    def __init__(self, knobs: MoCo, encoder: Encoder, rule: FalseNegatives):
        super().__init__(encoder, projection(encoder.width, encoder.width, knobs.embedding, norm=False))
        self.knobs, self.rule = knobs, rule
        self.key_encoder = copy.deepcopy(encoder).requires_grad_(False)
        self.key_head = copy.deepcopy(self.head).requires_grad_(False)
        self.register_buffer("queue", torch.zeros(knobs.queue, knobs.embedding))
        self.register_buffer("queue_ids", torch.full((knobs.queue,), -1))  # -1: still empty, no negative yet
        self.register_buffer("queue_labels", torch.full((knobs.queue,), -1))
        self.register_buffer("oldest", torch.zeros((), dtype=torch.long))

    def forward(self, batch: Batch, adversarial: Adversarial | None = None, progress: float = 1.0) -> Outcome:
        """The mean loss of this process's queries against their keys and the queue.

        An adversarial view adds the loss of that view as a query, without the samples' own negatives.
        """
        asked = (0, 1) if self.knobs.symmetric else (0,)
        queries = self.embed(torch.cat([batch.views[v] for v in asked])).chunk(len(asked))
        keys = {1 - v: self.target(batch.views[1 - v]) for v in asked}
        mine = Samples(torch.stack(queries, 1).detach(), batch.ids, batch.labels)
        known = None if batch.labels is None else self.queue_labels
        queued = Samples(self.queue[:, None], self.queue_ids, known)
        suspects, counts = find_suspects(self.rule, mine, queued, progress)
        answers = tuple(keys[1 - v] for v in asked)
        loss = self._ask(queries, answers, batch.ids, suspects, self._embed_negatives(batch.negatives))
        if adversarial is not None:
            with select(self, "adversarial"):
                worse = self.embed(adversarial.view)
            anchor = adversarial.anchor
            answer = keys[anchor] if anchor in keys else self.target(batch.views[anchor])
            loss = loss + adversarial.weight * self._ask((worse,), (answer,), batch.ids, suspects)
        return Outcome(loss, torch.cat(answers), counts)

    @torch.no_grad()
    def target(self, views: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b d"]:
        """Keys, by the clean branch; the key encoder's running statistics are not used and not moved."""
        views = deal(views) if self.knobs.shuffle else views
        with select(self, "clean"), frozen_statistics(self):
            keys = F.normalize(self.key_head(self.key_encoder(views)).to(views.dtype), dim=1)
        return collect(keys) if self.knobs.shuffle else keys

    def against(
        self, anchors: Float[Tensor, "b d"], embeddings: Float[Tensor, "b d"], ids: Int[Tensor, " b"]
    ) -> Float[Tensor, ""]:
        """The loss of ``embeddings`` as queries whose keys are ``anchors``."""
        return self._ask((embeddings,), (anchors,), ids)

    @torch.no_grad()
    def advance(self, keys: Float[Tensor, "n d"], batch: Batch) -> None:
        """Move the key encoder towards the query encoder, and everybody's keys into the queue."""
        for slow, fast in ((self.key_encoder, self.encoder), (self.key_head, self.head)):
            for key, query in zip(slow.parameters(), fast.parameters(), strict=True):
                key.lerp_(query, 1 - self.knobs.momentum)
        times = len(keys) // len(batch.ids)
        # view by view: the same order, and so the same queue, however many processes there are
        keys, ids = torch.cat([gather(view) for view in keys.chunk(times)]), gather(batch.ids).repeat(times)
        if len(keys) > self.knobs.queue:
            raise Refusal(
                f"a queue of {self.knobs.queue} keys cannot hold the {len(keys)} of one step; "
                f"give --method.queue at least {len(keys)}, or make the batch smaller"
            )
        places = (self.oldest + torch.arange(len(keys), device=keys.device)) % self.knobs.queue
        self.queue[places], self.queue_ids[places] = keys, ids
        if batch.labels is not None:
            self.queue_labels[places] = gather(batch.labels).repeat(times)
        self.oldest.add_(len(keys)).remainder_(self.knobs.queue)

    def _ask(
        self,
        queries: tuple[Float[Tensor, "b d"], ...],
        answers: tuple[Float[Tensor, "b d"], ...],
        ids: Int[Tensor, " b"],
        suspects: Bool[Tensor, "b m"] | None = None,
        extra: Float[Tensor, "b n d"] | None = None,
    ) -> Float[Tensor, ""]:
        anchors, own, times = torch.cat(queries), torch.cat(answers), len(queries)
        positive = torch.arange(len(anchors), device=ids.device)
        others = positive[:, None] != positive[None]  # the batch's other keys wait until they are in the queue
        ignore = (ids[:, None] == self.queue_ids[None]) | (self.queue_ids < 0)[None]
        if suspects is not None:
            ignore = ignore | suspects
        ignore = torch.cat([others, ignore.repeat(times, 1)], dim=1)
        extra = None if extra is None else extra.repeat(times, 1, 1)
        candidates = torch.cat([own, self.queue.to(own.dtype)])
        return contrast(anchors, candidates, positive, self.knobs.temperature, ignore, extra, self.knobs.alpha)

    def _embed_negatives(self, negatives: Float[Tensor, "b n t c h w"]) -> Float[Tensor, "b n d"] | None:
        if not negatives.shape[1]:
            return None
        return self.target(negatives.flatten(0, 1)).unflatten(0, negatives.shape[:2])
