"""Supervised: cross-entropy on the same views, by the same schedule; the control that contrast is held against.

Equal augmentation and equal schedules for both are part of the claim of arXiv 2207.10862.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import nn

from pipelines.batch import Batch
from shards.refusal import Refusal
from training.encoders import Encoder
from training.false_negatives import FalseNegatives
from training.methods.method import Adversarial, Knobs, MethodModule, Outcome


@dataclass(frozen=True)
class Supervised(Knobs):
    """Cross-entropy of a linear classifier on the features, mean over both views."""

    classes: int = 1000
    """How many there are in the shards; more are never predicted."""
    negatives: ClassVar[bool] = False
    own_negatives: ClassVar[bool] = False
    needs_labels: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.classes < 2:
            raise ValueError(f"classes must be at least 2, got {self.classes}")

    def build(self, encoder: Encoder, rule: FalseNegatives | None = None, samples: int = 0) -> "SupervisedModule":
        return SupervisedModule(encoder, nn.Linear(encoder.width, self.classes))


class SupervisedModule(MethodModule):
    """An encoder and a linear classifier."""

    def forward(self, batch: Batch, adversarial: Adversarial | None = None, progress: float = 1.0) -> Outcome:
        """Mean cross-entropy of this process's views."""
        if batch.labels is None:
            raise Refusal("method:supervised needs labels, these shards hold one class; use method:simclr")
        logits = self.head(self.encoder(torch.cat(batch.views))).to(batch.views[0].dtype)
        loss = F.cross_entropy(logits, batch.labels.repeat(len(batch.views)))
        return Outcome(loss, logits.new_empty(0, 1), {})

    def advance(self, outcome: Outcome, batch: Batch, progress: float) -> None:
        """Nothing is kept between steps."""
