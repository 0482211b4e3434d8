"""Several clips of each test video: its answer is made of all of them, as videos are mostly measured."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from training.outcomes import Outcomes
from training.probes.knn import KNN, votes
from training.probes.linear import LinearClassifier
from training.probes.nearest import find_nearest
from training.probes.task import Task


@dataclass(frozen=True)
class Clips:
    """Of videos only. The training split stays with the clip in the middle, and so does what was chosen by it."""

    count: int = 10
    """Clips of each test video, evenly spaced from its first to its last frame, centred; below 2 measures none."""

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError(f"count must be at least 0, got {self.count}; --clips.count 0 leaves it out")

    def __call__(
        self, task: Task, spread: Float[Tensor, "k m d"], probe: LinearClassifier, knn: KNN, neighbours: int,
        outcomes: Outcomes, name: str,
    ) -> dict[str, dict[str, float]]:  # fmt: skip
        """Accuracy in percent of the probe and of kNN, by what is averaged over a video's clips.

        Args:
            spread: Features of the clips.
            neighbours: How many vote.

        Returns: for "features": of mean features; for "answers": of mean probabilities (softmax of the probe, shares of
        the votes).
        """
        known, answers = task.answers["label"]

        def voted(features: Float[Tensor, "m d"]) -> Float[Tensor, "m c"]:
            similarity, places = find_nearest(task.train, features, neighbours)
            return votes(similarity, known[places], neighbours, knn.temperature, task.classes["label"])

        ways: Mapping[str, Float[Tensor, "m c"]] = {
            "linear, features": probe(spread.mean(0)),
            "linear, answers": torch.stack([probe(clip).softmax(1) for clip in spread]).mean(0),
            "knn, features": voted(spread.mean(0)),
            "knn, answers": torch.stack([voted(clip) for clip in spread]).mean(0),
        }
        return {
            way: outcomes.add(f"clips/{way}/{name}", task.asked, given.argmax(1) == answers)
            for way, given in ways.items()
        }
