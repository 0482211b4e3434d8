"""The linear probe: multinomial logistic regression on frozen features, solved to convergence.

The problem is convex, so its answer depends on neither a learning rate, a schedule nor a seed. The objective is the
mean cross-entropy plus ``penalty / 2`` times the squared weights (not the biases) on features standardised by the
samples fitted: scikit-learn's ``LogisticRegression(C=1 / (penalty * n))`` behind a ``StandardScaler``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from training.outcomes import Outcomes
from training.probes.task import Task


class LinearClassifier(nn.Module):
    """Standardise, then one linear layer. Differentiable, so that an attack can go through it."""

    mean: Tensor
    scale: Tensor

    def __init__(self, features: Float[Tensor, "n d"], classes: int):
        """Zero weights; mean and standard deviation of ``features``. A feature that hardly varies is only centred."""
        super().__init__()
        deviation = features.std(0, correction=0)
        varies = deviation > 1e-5 * deviation.max()
        self.register_buffer("mean", features.mean(0))
        self.register_buffer("scale", torch.where(varies, 1 / deviation.clamp_min(1e-30), torch.ones_like(deviation)))
        self.weight = nn.Parameter(features.new_zeros(classes, features.shape[1]))
        self.bias = nn.Parameter(features.new_zeros(classes))

    def standardise(self, features: Float[Tensor, "b d"]) -> Float[Tensor, "b d"]:
        return (features - self.mean) * self.scale

    def forward(self, features: Float[Tensor, "b d"]) -> Float[Tensor, "b c"]:
        return F.linear(self.standardise(features), self.weight, self.bias)


@dataclass(frozen=True)
class LinearProbe:
    """Logistic regression on the label."""

    penalties: tuple[float, ...] = (1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-5)
    """Strengths of the squared penalty on the weights. Of several, the best on the validation split is taken; the probe
    is then fitted anew on the whole training split."""
    iterations: int = 300
    """Most L-BFGS iterations for each strength; it stops earlier, where the objective no longer falls."""

    def __post_init__(self) -> None:
        if not self.penalties or min(self.penalties) <= 0 or self.iterations < 1:
            raise ValueError(f"need penalties > 0, iterations >= 1, got {self.penalties} and {self.iterations}")

    def __call__(self, task: Task) -> dict[str, Tensor]:
        """The classifier's tensors, and the penalty that was chosen, a scalar, under its name."""
        known, _ = task.answers["label"]
        penalty = self._choose(task, known)
        probe = self.fit(task.train, known, task.classes["label"], penalty)
        return {**probe.state_dict(), "penalty": torch.tensor(penalty, dtype=torch.float64)}

    def revive(self, tensors: Mapping[str, Tensor]) -> tuple[LinearClassifier, float]:
        """The classifier and the penalty of which these are the tensors."""
        rest = {name: tensor for name, tensor in tensors.items() if name != "penalty"}
        probe = LinearClassifier(torch.zeros_like(rest["mean"])[None], len(rest["bias"]))
        probe.load_state_dict(rest)
        return probe.requires_grad_(False), tensors["penalty"].item()

    def _choose(self, task: Task, known: Tensor) -> float:
        """The penalty with the best accuracy on the validation split; of equals, that with the least cross-entropy."""
        scores, rest, held = {}, ~task.held, task.held
        probe = None
        for penalty in sorted(self.penalties, reverse=True):  # each starts from the stronger one's answer
            probe = self.fit(task.train[rest], known[rest], task.classes["label"], penalty, probe)
            loss = F.cross_entropy(probe(task.train[held]), known[held]).item()
            scores[penalty] = (accuracy(probe, task.train[held], known[held]), -loss)
        return max(scores, key=lambda penalty: scores[penalty])

    def fit(
        self,
        features: Float[Tensor, "n d"],
        labels: Int[Tensor, " n"],
        classes: int,
        penalty: float,
        start: LinearClassifier | None = None,
    ) -> LinearClassifier:
        """The regression with one penalty, starting from the weights of ``start`` or from zero."""
        probe = LinearClassifier(features, classes)
        if start is not None:
            probe.load_state_dict(start.state_dict() | {"mean": probe.mean, "scale": probe.scale})
        inputs = probe.standardise(features)
        rounder = _preconditioner(inputs, classes, penalty)  # weight = rounded @ rounder
        rounded = torch.linalg.solve(rounder, probe.weight.detach(), left=False).requires_grad_()
        inputs, bias = inputs @ rounder, probe.bias
        solver = torch.optim.LBFGS(
            [rounded, bias], max_iter=self.iterations, tolerance_grad=1e-6, tolerance_change=1e-8, history_size=20,
            line_search_fn="strong_wolfe",
        )  # fmt: skip

        def objective() -> Tensor:
            solver.zero_grad()
            loss = F.cross_entropy(F.linear(inputs, rounded, bias), labels)
            loss = loss + penalty / 2 * (rounded @ rounder).square().sum()
            loss.backward()
            return loss

        with torch.enable_grad():
            solver.step(objective)  # pyright: ignore[reportArgumentType]
        probe.weight.data = rounded.detach() @ rounder
        return probe.requires_grad_(False)


def _preconditioner(inputs: Float[Tensor, "n d"], classes: int, penalty: float) -> Float[Tensor, "d d"]:
    """The inverse square root of about the objective's curvature: in its coordinates the valley is nearly round.

    Features are correlated, and L-BFGS would need hundreds of iterations to follow the long valley that this makes.
    """
    values, vectors = torch.linalg.eigh(inputs.T @ inputs / len(inputs))
    return vectors * (values.clamp_min(0) / classes + penalty).rsqrt() @ vectors.T


def accuracy(classifier: nn.Module, features: Float[Tensor, "n d"], labels: Int[Tensor, " n"]) -> float:
    """In percent."""
    with torch.no_grad():
        return 100 * (classifier(features).argmax(1) == labels).float().mean().item()


def linear_accuracy(probe: LinearClassifier, task: Task, outcomes: Outcomes, name: str) -> dict[str, float]:
    """On the test split, in percent; which answers were right goes to ``outcomes``."""
    return outcomes.add(f"linear/{name}", task.asked, probe(task.test).argmax(1) == task.answers["label"][1])
