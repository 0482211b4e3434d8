"""Remove exactly the pairs of one class, as a perfect rule of detection would. It reads labels, no other rule does."""

from dataclasses import dataclass, field
from typing import ClassVar

from jaxtyping import Bool, Float
from torch import Tensor

from shards.refusal import Refusal
from training.false_negatives.schedule import Schedule


@dataclass(frozen=True)
class Oracle:
    """Remove candidates of the anchor's class: the upper bound of all rules, not a method to use."""

    schedule: Schedule = field(default_factory=lambda: Schedule(start=0.0, ramp=0.0, most=1.0))
    needs_labels: ClassVar[bool] = True

    def __call__(
        self, similarity: Float[Tensor, "b m"], same: Bool[Tensor, "b m"] | None, progress: float
    ) -> Bool[Tensor, "b m"]:
        if same is None:
            raise Refusal("false-negatives:oracle needs labels, these shards hold one class; use threshold or keep-all")
        return self.schedule.cap(same, similarity, progress)
