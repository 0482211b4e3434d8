"""A copy of an encoder and its head that follows them slowly: MoCo's and DynACL's key encoder, BYOL's target."""

import copy

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from training.batch_norms import Branch, frozen_statistics, select
from training.encoders import Encoder
from training.synchronised import SyncedBatchNorm


class Follower(nn.Module):
    """No gradient reaches its parameters, which move by ``follow`` only."""

    def __init__(self, encoder: Encoder, head: nn.Module):
        super().__init__()
        self.encoder = copy.deepcopy(encoder).requires_grad_(False)
        self.head = copy.deepcopy(head).requires_grad_(False)

    @property
    def by_own_batch(self) -> bool:
        """Whether it normalises by statistics of each process's own part of the batch."""
        return any(isinstance(part, _BatchNorm) and not isinstance(part, SyncedBatchNorm) for part in self.modules())

    @torch.no_grad()
    def forward(self, views: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b d"]:
        """Embeddings of length one, by the clean branch of batch norms, whose running statistics stay."""
        with frozen_statistics(self):
            return self.embed(views, "clean")

    def embed(self, views: Float[Tensor, "b t c h w"], branch: Branch) -> Float[Tensor, "b d"]:
        """Embeddings of length one, through which gradient reaches the views; running statistics move as anybody's."""
        with select(self, branch):
            return F.normalize(self.head(self.encoder(views)).to(views.dtype), dim=1)

    @torch.no_grad()
    def follow(self, encoder: Encoder, head: nn.Module, momentum: float) -> None:
        """Keep ``momentum`` of the weights, and take the rest from those that learn."""
        for slow, fast in ((self.encoder, encoder), (self.head, head)):
            for mine, theirs in zip(slow.parameters(), fast.parameters(), strict=True):
                mine.lerp_(theirs, 1 - momentum)
