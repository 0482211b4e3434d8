"""Retrieval: test samples ask the training split for samples of their class. Videos are compared by it (R@k)."""

from dataclasses import dataclass

from training.outcomes import Outcomes
from training.probes.cues import agreement
from training.probes.nearest import Nearest
from training.probes.task import Task


@dataclass(frozen=True)
class Retrieval:
    """A hit at k, if any of a test sample's k most similar training samples has its label."""

    ranks: tuple[int, ...] = (1, 5, 10)
    """Each k: training samples that a test sample may be shown, by cosine of the features."""

    def __post_init__(self) -> None:
        if not self.ranks or min(self.ranks) < 1 or len({*self.ranks}) < len(self.ranks):
            raise ValueError(f"ranks must be at least 1, each once, got {self.ranks}; give --retrieval.ranks 1 5 10")

    def __call__(self, task: Task, found: Nearest, outcomes: Outcomes, name: str) -> dict[str, dict[str, float]]:
        """By k: test samples with a hit, in percent. Which, goes to ``outcomes`` under the ``name`` of the features."""
        known, answers = task.answers["label"]
        alike = agreement(known, answers, found.places[:, : max(self.ranks)])
        return {
            str(k): outcomes.add(f"retrieval/{k}/{name}", task.asked, alike[:, :k].any(1)) for k in sorted(self.ranks)
        }
