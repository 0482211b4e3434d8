"""What all ways of fine-tuning have in common: their knobs, and what the loop asks of them."""

from abc import abstractmethod
from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor

from pipelines.batch import Batch
from pipelines.views import WeakViews
from training.batch_norms import Branch
from training.encoders import Encoder
from training.optimizers import SGD
from training.optimizers.rates import Fall, Steps
from training.tuning.classifier import Classifier


def stairs(epochs: int, *after: int) -> Steps:
    """To a tenth of the rate after each of the named ones of so many epochs."""
    return Steps(tuple(epoch / epochs for epoch in after), tuple(0.1**n for n, _ in enumerate(after, start=1)))


@dataclass(frozen=True)
class Tuning(SGD):
    """SGD on one weak view of each sample. Defaults are those of ACL and DynACL (RobustSSL benchmark)."""

    rate: float = 0.01
    """Learning rate at its highest."""
    weight_decay: float = 2e-4
    """Of whatever learns."""
    exclude: bool = False
    """Leave biases and norms out of weight decay."""
    warmup: float = 0.0
    """Share of all steps in which the rate rises from zero."""
    fall: Fall = field(default_factory=lambda: stairs(25, 10, 20))
    """How the rate falls, at shares of the run."""
    epochs: int = 25
    """Passes over the training split."""
    batch: int = 512
    """Samples of a step."""
    views: WeakViews = field(default_factory=WeakViews)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.epochs < 1 or self.batch < 1:
            raise ValueError(f"epochs and batch must be at least 1, got {self.epochs} and {self.batch}")

    def steps(self, samples: int) -> int:
        """How many there are on so many samples: a last batch that is not full is left out, but for the first."""
        return max(self.epochs * samples // self.batch, 1)

    @abstractmethod
    def begin(self, encoder: Encoder, branch: Branch, classes: int) -> Classifier:
        """A classifier whose parts are in the modes, and want the gradients, that they learn with.

        Args:
            encoder: As it was trained, with all its batch norms; it becomes a part of the classifier.
            branch: By which of them it is measured.
        """

    @abstractmethod
    def loss(self, classifier: Classifier, batch: Batch, labels: Tensor) -> Float[Tensor, ""]:
        """Of view 0 of a batch."""

    def end(self, classifier: Classifier) -> Classifier:
        """The classifier that is measured."""
        return classifier
