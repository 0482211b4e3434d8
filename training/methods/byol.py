"""BYOL: predict the slow copy's embedding of the other view; nothing repels (Grill et al., 2020, arXiv 2006.07733).

With the samples' own negatives this is our reading of arXiv 2110.14189, which covers BYOL: the paper's formula was not
at hand, and its code has no BYOL. Squared distances of unit vectors, both views in turn, without gradient to the
right-hand sides:

    |p0 - z1|² + |p1 - z0|² - α mean_n ( |p0 - t_n|² + |p1 - t_n|² )

Subtracting does not saturate before p and t are opposite, so α belongs well below 1; its default is our choice.
"""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from pipelines.batch import Batch
from training.encoders import Encoder
from training.false_negatives import FalseNegatives
from training.heads import Head
from training.methods.follower import Follower
from training.methods.method import Adversarial, Knobs, MethodModule, Outcome, own_negatives


@dataclass(frozen=True)
class BYOL(Knobs):
    """BYOL."""

    momentum: float = 0.996
    """How much of the slow copy stays at the first step; rises to 1 at the last by half a cosine."""
    head: Head = field(default_factory=lambda: Head(hidden=4096, out=256))
    predictor: Head = field(default_factory=lambda: Head(hidden=4096, out=256))
    alpha: float = 0.1
    """Weight of the distance from the sample's own negatives."""
    negatives: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not 0 <= self.momentum <= 1 or self.alpha < 0:
            raise ValueError(f"need momentum between 0 and 1 and alpha >= 0, got {self.momentum} and {self.alpha}")
        if self.head.out != self.predictor.out:
            raise ValueError(
                f"the predictor's out is {self.predictor.out}, it predicts embeddings {self.head.out} long"
            )

    def build(self, encoder: Encoder, rule: FalseNegatives | None = None, samples: int = 0) -> "BYOLModule":
        return BYOLModule(self, encoder)


class BYOLModule(MethodModule):
    """An encoder with head and predictor that learn, and a copy of the first two that follows."""

    def __init__(self, knobs: BYOL, encoder: Encoder):
        super().__init__(encoder, knobs.head.build(encoder.width))
        self.knobs, self.predictor = knobs, knobs.predictor.build(knobs.head.out)
        self.slow = Follower(encoder, self.head)

    def forward(self, batch: Batch, adversarial: Adversarial | None = None, progress: float = 1.0) -> Outcome:
        """The mean loss of this process's samples; own negatives, made of view 0, serve both views."""
        predicted = self.predict(torch.cat(batch.views)).chunk(2)
        wanted = [self.slow(view) for view in batch.views]
        loss = byol(predicted, (wanted[1], wanted[0]), own_negatives(self.slow, batch.negatives), self.knobs.alpha)
        return Outcome(loss, wanted[0], {})

    def predict(self, views: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b d"]:
        """Predictions of length one."""
        return F.normalize(self.predictor(self.head(self.encoder(views))).to(views.dtype), dim=1)

    def advance(self, outcome: Outcome, batch: Batch, progress: float) -> None:
        """Move the slow copy."""
        stays = 1 - (1 - self.knobs.momentum) * (math.cos(math.pi * progress) + 1) / 2
        self.slow.follow(self.encoder, self.head, stays)


def byol(
    predicted: tuple[Float[Tensor, "b d"], ...],
    wanted: tuple[Float[Tensor, "b d"], ...],
    own: Float[Tensor, "b n d"] | None = None,
    alpha: float = 0.0,
) -> Float[Tensor, ""]:
    """Mean over samples of the sum over views, of vectors of length one: the formula above."""
    with torch.autocast(predicted[0].device.type, enabled=False):  # similarities in bfloat16 have two digits
        loss = torch.stack([2 - 2 * (p * z).sum(1) for p, z in zip(predicted, wanted, strict=True)]).sum(0)
        if own is not None:
            away = torch.stack([2 - 2 * torch.einsum("bd,bnd->bn", p, own) for p in predicted]).sum(0)
            loss = loss - alpha * away.mean(1)
        return loss.mean()
