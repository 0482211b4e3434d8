"""SimCLR: two views of a sample are each other's positive among all views of the global batch (Chen et al., 2020)."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pipelines.batch import Batch
from training.batch_norms import frozen_statistics, select
from training.encoders import Encoder
from training.false_negatives import FalseNegatives, KeepAll
from training.false_negatives.suspects import Samples, find_suspects
from training.gather import gather, rank
from training.heads import projection
from training.losses import contrast
from training.methods.method import Adversarial, MethodModule, Outcome


@dataclass(frozen=True)
class SimCLR:
    """SimCLR."""

    temperature: float = 0.2
    embedding: int = 128
    """Length of the embeddings behind the projection head."""
    alpha: float = 1.0
    """Weight of the similarity to the sample's own negatives, inside the exponent."""

    def __post_init__(self) -> None:
        if self.temperature <= 0:
            raise ValueError(f"temperature must be above 0, got {self.temperature}")

    def build(self, encoder: Encoder, rule: FalseNegatives | None = None) -> "SimCLRModule":
        return SimCLRModule(self, encoder, rule or KeepAll())


class SimCLRModule(MethodModule):
    """An encoder and its head; nothing else is kept."""

    def __init__(self, knobs: SimCLR, encoder: Encoder, rule: FalseNegatives):
        super().__init__(encoder, projection(encoder.width, encoder.width, knobs.embedding))
        self.knobs, self.rule = knobs, rule

    def forward(self, batch: Batch, adversarial: Adversarial | None = None, progress: float = 1.0) -> Outcome:
        """The mean loss of this process's anchors, both views in turn, against the global batch.

        An adversarial view adds the loss of that view and its anchor, without the samples' own negatives.
        """
        clean = self.embed(torch.cat(batch.views)).chunk(2)
        ids, labels = batch.ids, batch.labels
        mine = Samples(torch.stack(clean, 1).detach(), ids, labels)
        everybody = Samples(gather(mine.embeddings), gather(ids), None if labels is None else gather(labels))
        suspects, counts = find_suspects(self.rule, mine, everybody, progress)
        loss = self._nt_xent(clean, ids, suspects, self._embed_negatives(batch.negatives))
        if adversarial is not None:
            with select(self, "adversarial"):
                worse = self.embed(adversarial.view)
            loss = loss + adversarial.weight * self._nt_xent((clean[adversarial.anchor], worse), ids, suspects)
        return Outcome(loss, loss.new_empty(0, self.knobs.embedding), counts)

    @torch.no_grad()
    def target(self, views: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b d"]:
        """What an adversarial view is contrasted with during the attack: the embedding of ``views``."""
        return self.embed(views)

    def against(
        self, anchors: Float[Tensor, "b d"], embeddings: Float[Tensor, "b d"], ids: Int[Tensor, " b"]
    ) -> Float[Tensor, ""]:
        """NT-Xent with ``embeddings`` in the role of the second view."""
        return self._nt_xent((anchors, embeddings), ids)

    def advance(self, keys: Tensor, batch: Batch) -> None:
        """SimCLR keeps nothing between steps."""

    def _nt_xent(
        self,
        pair: tuple[Float[Tensor, "b d"], ...],
        ids: Int[Tensor, " b"],
        suspects: Bool[Tensor, "b m"] | None = None,
        extra: Float[Tensor, "anchors n d"] | None = None,
    ) -> Float[Tensor, ""]:
        all_ids, count = gather(ids), len(ids)
        candidates = torch.cat([gather(view) for view in pair])  # 2B d
        here = torch.arange(count, device=ids.device) + rank() * count
        positive = torch.cat([here + len(all_ids), here])
        ignore = (ids[:, None] == all_ids[None]).repeat(2, 2)  # itself, and a straddled epoch's second self
        ignore.scatter_(1, positive[:, None], False)
        if suspects is not None:
            ignore |= suspects.repeat(2, 2)
        return contrast(torch.cat(pair), candidates, positive, self.knobs.temperature, ignore, extra, self.knobs.alpha)

    @torch.no_grad()
    def _embed_negatives(self, negatives: Float[Tensor, "b n t c h w"]) -> Float[Tensor, "anchors n d"] | None:
        """Without gradient, as in MoCo's form of the loss; made from view 0, they serve the sample's other view too."""
        if not negatives.shape[1]:
            return None
        with frozen_statistics(self):
            return self.embed(negatives.flatten(0, 1)).unflatten(0, negatives.shape[:2]).repeat(2, 1, 1)
