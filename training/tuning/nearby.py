"""What fine-tuning under attack learns from: clips near the clean ones, found by PGD in evaluation mode."""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from pipelines.batch import Batch
from training.attacks.ball import Ball
from training.attacks.noise import noise
from training.modes import evaluating


@dataclass(frozen=True)
class Nearby:
    """PGD on view 0 of a batch, no pixel of which changes by more than the radius."""

    radius: float = 8 / 255
    """In pixel units, where 1 is the way from black to white."""
    steps: int = 10
    """Of PGD."""
    stride: float = 2 / 255
    """Length of a step, in pixel units."""
    noise: float = 8 / 255
    """Reach of the uniform noise from which it starts, in pixel units, drawn by seed, epoch and sample."""

    def __post_init__(self) -> None:
        if self.radius <= 0 or self.stride <= 0 or self.steps < 0 or self.noise < 0:
            raise ValueError(f"need radius > 0, stride > 0, steps >= 0 and noise >= 0, got {self}")

    def __call__(
        self, module: nn.Module, batch: Batch, loss: Callable[[Tensor], Float[Tensor, ""]]
    ) -> Float[Tensor, "b t c h w"]:
        """Go up the loss, which is made of ``module``, in evaluation mode meanwhile; nothing of that moves."""
        clean = batch.views[0]
        with evaluating(module):
            start = clean + self.noise * noise(batch, 0)
            (moved,) = Ball(self.radius).climb(
                (clean,), lambda views: loss(views[0]), (start,), self.stride, self.steps
            )
        return moved
