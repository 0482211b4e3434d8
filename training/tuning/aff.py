"""AFF, adversarial full fine-tuning: encoder and linear layer learn by TRADES.

With f the classifier, x a clean view and x* the attacked one:

    attack:    x* climbs KL(f(x) || f(x*)), in evaluation mode, f(x) held, from a little noise around x
    training:  CE(f(x), y) + β KL(f(x) || f(x*)), in training mode, each kind of views by its own batch statistics

The encoder has one kind of batch norms, those by which it was measured (ACL); or the two that it was trained with, x by
the clean and x* by the adversarial ones, of which the latter are left in the end (DynACL's official code).
"""

from dataclasses import dataclass, field
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from pipelines.batch import Batch
from shards.refusal import Refusal
from training.batch_norms import Branch, BranchedBatchNorm, export, select
from training.encoders import Encoder
from training.modes import evaluating
from training.optimizers.rates import Fall
from training.tuning.classifier import Classifier
from training.tuning.nearby import Nearby
from training.tuning.tuning import Tuning, stairs


@dataclass(frozen=True)
class AFF(Tuning):
    """All weights learn, on clean views and on views that change the answer."""

    rate: float = 0.1
    """Learning rate at its highest."""
    fall: Fall = field(default_factory=lambda: stairs(25, 15, 20))
    """How the rate falls, at shares of the run."""
    batch: int = 128
    """Samples of a step."""
    beta: float = 6.0
    """Weight of the divergence; the cross-entropy's is 1."""
    norms: Literal["single", "dual"] = "single"
    """Kinds of batch norms while it learns: "dual" takes attacked views by those that the run had for them."""
    attack: Nearby = field(default_factory=lambda: Nearby(noise=0.001))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.beta < 0:
            raise ValueError(f"beta must be at least 0, got {self.beta}")

    def begin(self, encoder: Encoder, branch: Branch, classes: int) -> Classifier:
        """All of it in training mode.

        Raises: ``Refusal`` if two kinds of batch norms are asked for and the run had but one.
        """
        if self.norms == "single":
            export(encoder, branch)
        elif not any(isinstance(part, BranchedBatchNorm) for part in encoder.modules()):
            raise Refusal("norms is dual, and this run had no batch norms for attacked views; choose single")
        return Classifier(encoder, classes).requires_grad_(True).train()

    def loss(self, classifier: Classifier, batch: Batch, labels: Int[Tensor, " b"]) -> Float[Tensor, ""]:
        """Of TRADES, mean over the batch."""
        moved = self.attacked(classifier, batch)
        logits = classifier(batch.views[0])
        with select(classifier, "adversarial"):
            worse = classifier(moved)
        return F.cross_entropy(logits, labels) + self.beta * divergence(logits, worse)

    def attacked(self, classifier: Classifier, batch: Batch) -> Float[Tensor, "b t c h w"]:
        """Views whose answer is far from that of the clean ones."""
        with torch.no_grad(), evaluating(classifier):
            logits = classifier(batch.views[0])
        with select(classifier, "adversarial"):
            return self.attack(classifier, batch, lambda clips: divergence(logits, classifier(clips)))

    def end(self, classifier: Classifier) -> Classifier:
        """Without the clean batch norms, where there are others."""
        export(classifier, "adversarial")
        return classifier


def divergence(logits: Float[Tensor, "b k"], worse: Float[Tensor, "b k"]) -> Float[Tensor, ""]:
    """KL of what ``worse`` says from what ``logits`` say, sum of p (log p - log q), in nats; mean over clips."""
    p, q = logits.log_softmax(1), worse.log_softmax(1)
    return (p.exp() * (p - q)).sum(1).mean()
