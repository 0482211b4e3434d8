"""What a rule promises, and what it may look at."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from training.false_negatives.schedule import Schedule


class Memory(nn.Module, ABC):
    """What a rule remembers of earlier steps; saved with the method."""

    @abstractmethod
    def advance(self, embeddings: Float[Tensor, "n d"], ids: Int[Tensor, " n"], progress: float) -> None:
        """Take in this process's clean embeddings; called once per step, on every process."""


class Pairs(NamedTuple):
    """Pairs of samples, anchors in rows and candidates in columns, as a rule sees them."""

    similarity: Float[Tensor, "b m"]
    """The largest cosine among the clean views of both; minus infinity says that a pair is no candidate."""
    anchors: Int[Tensor, " b"]
    """Which samples these are."""
    candidates: Int[Tensor, " m"]
    """… and these; -1 marks an empty place."""
    same: Bool[Tensor, "b m"] | None
    """Whether both are of one class; only for rules that need labels."""
    progress: float
    """Share of the run that is over, 0 to 1."""
    memory: Memory | None = None
    """What the rule remembers."""


class Rule:
    """What every rule says of itself."""

    @property
    def needs_labels(self) -> bool:
        return False

    @property
    def support_views(self) -> int:
        """How many further views of each sample it looks at."""
        return 0

    def check(self, samples: int) -> None:
        """Raises: ``Refusal`` if it cannot work on a data set of so many samples."""

    def memory(self, samples: int, width: int) -> Memory | None:
        """Room for embeddings ``width`` long of a data set of ``samples``."""
        return None


@dataclass(frozen=True, kw_only=True)
class Suspecting(Rule, ABC):
    """A rule that suspects pairs."""

    schedule: Schedule = field(default_factory=Schedule)
    action: Literal["remove", "attract"] = "remove"
    """Take suspects out of the anchor's negatives, or make them further positives of it."""
    in_attack: bool = False
    """Let the attack know the suspects too; costs clean forward passes more, of support views too."""

    @abstractmethod
    def __call__(self, pairs: Pairs) -> Bool[Tensor, "b m"]:
        """Which pairs are suspected."""
