"""Weighted k-nearest-neighbour classification of features: what an encoder is worth without any training on top."""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor

from training.outcomes import Outcomes
from training.probes.nearest import Nearest, find_nearest
from training.probes.task import Task


@dataclass(frozen=True)
class KNN:
    """kNN for the label and for every fact; the training split votes on the test split."""

    neighbours: tuple[int, ...] = (5, 20, 50, 200)
    """How many vote. Of several, the best on the validation split is taken, for each fact and each kind of features."""
    temperature: float = 0.1
    """A neighbour's vote weighs exp(cosine / temperature)."""

    def __post_init__(self) -> None:
        if not self.neighbours or min(self.neighbours) < 1 or self.temperature <= 0:
            raise ValueError(f"need neighbours >= 1, temperature > 0, got {self.neighbours} and {self.temperature}")

    def __call__(self, task: Task, found: Nearest, outcomes: Outcomes, name: str) -> dict[str, dict[str, float]]:
        """For the label and every fact: accuracy on the test split in percent, and the k chosen for it.

        ``found`` are the test samples' nearest in the training split, as many as may vote. Which answers were right
        goes to ``outcomes`` under the ``name`` of the features.
        """
        chosen, (similarity, nearest) = self._choose(task), found
        measured = {}
        for fact, (known, answers) in task.answers.items():
            right = vote(similarity, known[nearest], chosen[fact], self.temperature) == answers
            measured[fact] = outcomes.add(f"knn/{fact}/{name}", task.asked, right) | {"k": chosen[fact]}
        return measured

    def _choose(self, task: Task) -> dict[str, int]:
        """The k of each fact that is best on the validation split, of equals the smallest."""
        if len(self.neighbours) == 1:
            return dict.fromkeys(task.answers, self.neighbours[0])
        similarity, nearest = find_nearest(task.train[~task.held], task.train[task.held], max(self.neighbours))
        chosen = {}
        for fact, (known, _) in task.answers.items():
            votes, answers = known[~task.held][nearest], known[task.held]
            right = {
                k: int((vote(similarity, votes, k, self.temperature) == answers).sum()) for k in sorted(self.neighbours)
            }
            chosen[fact] = max(right, key=lambda k: right[k])
        return chosen


def vote(
    similarity: Float[Tensor, "q k"], classes: Int[Tensor, "q k"], neighbours: int, temperature: float
) -> Int[Tensor, " q"]:
    """Classes by vote of the first ``neighbours``, each weighing exp(cosine / temperature)."""
    return votes(similarity, classes, neighbours, temperature, int(classes.max()) + 1).argmax(1)


def votes(
    similarity: Float[Tensor, "q k"], given: Int[Tensor, "q k"], neighbours: int, temperature: float, classes: int
) -> Float[Tensor, "q c"]:
    """Share of the votes that each class gets from the first ``neighbours``, whose classes are ``given``."""
    similarity, given = similarity[:, :neighbours], given[:, :neighbours]
    weights = (similarity / temperature).softmax(1)
    return weights.new_zeros(len(given), classes).scatter_add_(1, given, weights)


def knn_predict(
    bank: Float[Tensor, "n d"],
    labels: Int[Tensor, " n"],
    queries: Float[Tensor, "q d"],
    neighbours: int,
    temperature: float,
) -> Int[Tensor, " q"]:
    """Classes by vote of the ``neighbours`` most similar bank features."""
    similarity, nearest = find_nearest(bank, queries, neighbours)
    return vote(similarity, labels[nearest], neighbours, temperature)


def knn_accuracy(
    bank: Float[Tensor, "n d"],
    labels: Int[Tensor, " n"],
    queries: Float[Tensor, "q d"],
    answers: Int[Tensor, " q"],
    neighbours: int = 200,
    temperature: float = 0.1,
) -> float:
    """Share of queries whose class is found, 0 to 1."""
    return (knn_predict(bank, labels, queries, neighbours, temperature) == answers).float().mean().item()
