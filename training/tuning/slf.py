"""SLF, standard linear fine-tuning: a linear layer on a frozen encoder, by cross-entropy on clean views.

The encoder stays in evaluation mode, as in the official codes of ACL, AdvCL and DynACL: neither its weights nor its
running statistics move. (In DeACL's code the latter drift.)
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from pipelines.batch import Batch
from training.batch_norms import Branch, export
from training.encoders import Encoder
from training.tuning.classifier import Classifier
from training.tuning.tuning import Tuning


@dataclass(frozen=True)
class SLF(Tuning):
    """A linear layer learns, on clean views."""

    def begin(self, encoder: Encoder, branch: Branch, classes: int) -> Classifier:
        """The encoder frozen, with one kind of batch norms."""
        export(encoder, branch).requires_grad_(False)
        return Classifier(encoder, classes).eval()

    def loss(self, classifier: Classifier, batch: Batch, labels: Int[Tensor, " b"]) -> Float[Tensor, ""]:
        """Cross-entropy of the clean views."""
        return self.on(batch.views[0], classifier, labels)

    def on(self, clips: Tensor, classifier: Classifier, labels: Int[Tensor, " b"]) -> Float[Tensor, ""]:
        """Cross-entropy of clips, in which only the layer learns."""
        with torch.no_grad():
            features = classifier.encoder(clips)
        return F.cross_entropy(classifier.head(features), labels)
