"""SimCLR: two views of a sample are each other's positive among all views of the global batch (Chen et al., 2020)."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from training.batch_norms import frozen_statistics
from training.encoders import Encoder
from training.gather import gather, rank
from training.heads import projection
from training.losses import contrast


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

    def build(self, encoder: Encoder) -> "SimCLRModule":
        return SimCLRModule(self, encoder)


class SimCLRModule(nn.Module):
    """``forward`` only reads state; ``advance`` is the one place that writes it."""

    def __init__(self, knobs: SimCLR, encoder: Encoder):
        super().__init__()
        self.knobs, self.encoder = knobs, encoder
        self.head = projection(encoder.width, encoder.width, knobs.embedding)

    def forward(
        self,
        views: tuple[Float[Tensor, "b t c h w"], Float[Tensor, "b t c h w"]],
        negatives: Float[Tensor, "b n t c h w"],
        ids: Int[Tensor, " b"],
    ) -> Float[Tensor, ""]:
        """The mean loss of this process's anchors, both views in turn, against the global batch."""
        anchors = self.embed(torch.cat(views))  # 2b d
        candidates = torch.cat([gather(view) for view in anchors.chunk(2)])  # 2B d
        all_ids, count = gather(ids), len(ids)
        here = torch.arange(count, device=ids.device) + rank() * count
        positive = torch.cat([here + len(all_ids), here])
        ignore = ids.repeat(2)[:, None] == all_ids.repeat(2)[None]  # itself, and a straddled epoch's second self
        ignore.scatter_(1, positive[:, None], False)
        extra = self._embed_negatives(negatives)
        with torch.autocast(anchors.device.type, enabled=False):  # similarities in bfloat16 have two digits
            return contrast(anchors, candidates, positive, self.knobs.temperature, ignore, extra, self.knobs.alpha)

    def embed(self, views: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b d"]:
        """Embeddings of length one, in the precision of the views whatever the encoder computes in."""
        return F.normalize(self.head(self.encoder(views)).to(views.dtype), dim=1)

    @torch.no_grad()
    def _embed_negatives(self, negatives: Float[Tensor, "b n t c h w"]) -> Float[Tensor, "anchors n d"] | None:
        """Without gradient, as in MoCo's form of the loss; made from view 0, they serve the sample's other view too."""
        if not negatives.shape[1]:
            return None
        with frozen_statistics(self):
            return self.embed(negatives.flatten(0, 1)).unflatten(0, negatives.shape[:2]).repeat(2, 1, 1)

    def advance(self) -> None:
        """SimCLR keeps nothing between steps."""
