"""ALF, adversarial linear fine-tuning: SLF on attacked views."""

from dataclasses import dataclass, field

from jaxtyping import Float, Int
from torch import Tensor

from pipelines.batch import Batch
from training.robustness.pgd import uphill
from training.tuning.classifier import Classifier
from training.tuning.nearby import Nearby
from training.tuning.slf import SLF


@dataclass(frozen=True)
class ALF(SLF):
    """A linear layer learns, on views that climb the cross-entropy of encoder and layer."""

    attack: Nearby = field(default_factory=Nearby)

    def loss(self, classifier: Classifier, batch: Batch, labels: Int[Tensor, " b"]) -> Float[Tensor, ""]:
        """Cross-entropy of the attacked views."""

        def wrongness(clips: Tensor) -> Tensor:
            logits = classifier(clips)
            return (logits * uphill(logits.detach(), labels)).sum()  # each clip's slope is the cross-entropy's, scaled

        return self.on(self.attack(classifier, batch, wrongness), classifier, labels)
