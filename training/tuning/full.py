"""Full fine-tuning: encoder and linear layer learn, by cross-entropy on clean views."""

from dataclasses import dataclass

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from pipelines.batch import Batch
from training.batch_norms import Branch, export
from training.encoders import Encoder
from training.tuning.classifier import Classifier
from training.tuning.tuning import Tuning


@dataclass(frozen=True)
class Full(Tuning):
    """All weights learn, on clean views. Defaults are ours: those of the linear layers, in smaller batches."""

    batch: int = 128
    """Samples of a step."""

    def begin(self, encoder: Encoder, branch: Branch, classes: int) -> Classifier:
        """All of it in training mode, with one kind of batch norms."""
        export(encoder, branch)
        return Classifier(encoder, classes).requires_grad_(True).train()

    def loss(self, classifier: Classifier, batch: Batch, labels: Int[Tensor, " b"]) -> Float[Tensor, ""]:
        """Cross-entropy of the clean views."""
        return F.cross_entropy(classifier(batch.views[0]), labels)
