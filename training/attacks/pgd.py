"""PGD: projected gradient descent on a method's own loss, as RoCL, ACL and those after them attack their views.

Radii, strides and numbers of steps are the official codes': 5 steps of 2/255 (ACL, DynACL, AdvCL, DeACL) or 7 of 0.007
(RoCL), from a random start within 8/255 of every pixel.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

from torch import nn

from pipelines.batch import Batch
from training.attacks.ball import Ball
from training.attacks.noise import noise
from training.batch_norms import frozen_statistics
from training.methods.attacked import Attacked
from training.methods.method import Adversarial, MethodModule, Views
from training.modes import evaluating


@dataclass(frozen=True)
class PGD:
    """Steps up the loss of the whole batch that stay in a ball around each clip; methods say which views they move."""

    radius: float = 8 / 255
    """Of the ball, in pixel units, where 1 is the way from black to white."""
    steps: int = 5
    stride: float = 2 / 255
    """Length of a step, in pixel units."""
    norm: Literal["linf", "l2"] = "linf"
    """What radius and stride measure: the change of any one pixel, or the Euclidean length of a clip's change."""
    start: Literal["noise", "clean"] = "noise"
    """Noise is uniform in the ball, drawn by seed, epoch, sample and view; with l2 it has the ball's radius."""
    statistics: Literal["running", "batch"] = "running"
    """By which batch norm normalises during the attack: running is evaluation mode, in which dropout rests too; batch
    is training mode. Running statistics move in neither."""
    norm_momentum: float = 0.1
    """How far a training step moves the running statistics of the further batch norms that a method has for attacks."""

    def __post_init__(self) -> None:
        if self.radius <= 0 or self.stride <= 0 or self.steps < 0:
            raise ValueError(f"need radius > 0, stride > 0 and steps >= 0, got {self}")

    def prepare(self, method: MethodModule) -> None:
        """Give the method the further batch norms that it wants."""
        if isinstance(method, Attacked) and method.branches:
            method.part_norms(self.norm_momentum)

    def __call__(self, method: MethodModule, batch: Batch, progress: float = 1.0) -> Adversarial:
        """Move the views. Running statistics and parameter gradients stay as they are."""
        assert isinstance(method, Attacked), "a run with another method is refused when it is made"
        with self._mode(method):
            clean, loss = method.objective(batch, progress)
            return Adversarial(self._ball.climb(clean, loss, self._starts(batch, clean), self.stride, self.steps))

    def _mode(self, method: nn.Module) -> AbstractContextManager[None]:
        return evaluating(method) if self.statistics == "running" else frozen_statistics(method)

    @property
    def _ball(self) -> Ball:
        return Ball(self.radius, self.norm)

    def _starts(self, batch: Batch, clean: Views) -> Views:
        if self.start == "clean":
            return clean
        # in l2 the noise reaches far out of the ball, so that its nearest clip lies on the surface
        reach = self.radius if self.norm == "linf" else self.radius * 10
        return tuple(view + reach * noise(batch, number) for number, view in enumerate(clean))
