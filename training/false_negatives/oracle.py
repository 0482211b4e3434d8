"""Find exactly the pairs of one class, as a perfect rule of detection would. It reads labels, no other rule does."""

from dataclasses import dataclass, field

from jaxtyping import Bool
from torch import Tensor

from shards.refusal import Refusal
from training.false_negatives.rule import Pairs, Suspecting
from training.false_negatives.schedule import Schedule


@dataclass(frozen=True)
class Oracle(Suspecting):
    """Suspect candidates of the anchor's class: the upper bound of all rules, not a method to use."""

    schedule: Schedule = field(default_factory=lambda: Schedule(start=0.0, ramp=0.0, most=1.0), kw_only=True)

    @property
    def needs_labels(self) -> bool:
        return True

    def __call__(self, pairs: Pairs) -> Bool[Tensor, "b m"]:
        if pairs.same is None:
            raise Refusal("false-negatives:oracle needs labels, these shards hold one class; use threshold or keep-all")
        return self.schedule.cap(pairs.same, pairs.similarity, pairs.progress)
