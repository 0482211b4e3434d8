"""Projected gradient descent: the search for a small change of the pixels that a classifier gets wrong.

Madry et al., 2018: steps up the slope of the cross-entropy, from a random start, each followed by a projection to the
ball of allowed changes and to true pixels. One step of the radius from the clean clip is FGSM.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from training.attacks.ball import Ball
from training.robustness.extent import Extent, Whole

Classifier = Callable[[Float[Tensor, "b t c h w"]], Float[Tensor, "b c"]]


@dataclass(frozen=True)
class PGD:
    """An attack on clips with pixels in 0 … 1, whose change is at most ``radius``."""

    radius: float
    """In pixel units, where 1 is the way from black to white: of any one pixel, or of a clip's Euclidean length."""
    steps: int = 20
    """0 leaves the random start: noise that nobody aimed."""
    stride: float = 2.5
    """Length of all steps together, in radii: above 2, a clip can cross the ball. A step is stride · radius / steps."""
    norm: Literal["linf", "l2"] = "linf"
    """What the radius measures: the change of any one pixel, or the Euclidean length of a clip's change."""
    extent: Extent = field(default_factory=Whole)
    """What of a clip may change."""

    def __post_init__(self) -> None:
        if self.radius <= 0 or self.steps < 0 or self.stride <= 0:
            raise ValueError(f"need radius > 0, steps >= 0, stride > 0, got {self}")

    def __call__(
        self,
        classify: Classifier,
        clips: Float[Tensor, "b t c h w"],
        labels: Int[Tensor, " b"],
        start: Float[Tensor, "b t c h w"],
    ) -> tuple[Float[Tensor, "b t c h w"], Bool[Tensor, " b"]]:
        """Search until a clip is misclassified, or the steps are used up.

        Args:
            classify: Clips to logits, in evaluation mode. Its parameters' gradients are not touched.
            start: Where the search begins, -1 … 1 radii from each pixel; in L2 this direction, one radius away. 0 is
                the clean clip. Where fewer frames than those of a clip change by themselves, the first are taken.

        Returns: the clips found, and which of them are misclassified.
        """
        frames = clips.shape[1]
        ball, (low, high) = self._ball(frames), self.extent.limits(clips)
        start = start[:, : self.extent.own(frames)]
        way = start if self.norm == "linf" else ball.direction(start)
        change = ball.within(ball.radius * way).clamp(low, high)
        broken = torch.zeros(len(clips), dtype=torch.bool, device=clips.device)
        left = torch.arange(len(clips), device=clips.device)
        for step in range(self.steps + 1):
            last = step == self.steps
            here = change[left].requires_grad_(not last)
            with torch.set_grad_enabled(not last):
                logits = classify(self.extent.applied(clips[left], here))
            wrong = logits.argmax(1) != labels[left]
            broken[left[wrong]] = True
            if last or wrong.all():
                break
            (slope,) = torch.autograd.grad(logits, here, uphill(logits.detach(), labels[left]))
            moved = here.detach() + self.stride * ball.radius / self.steps * ball.direction(slope)
            left, moved = left[~wrong], moved[~wrong]
            change[left] = ball.within(moved).clamp(low[left], high[left])
        return self.extent.applied(clips, change), broken

    def _ball(self, frames: int) -> Ball:
        """In which the frames that change by themselves stay: what is seen n times is √n times as long."""
        seen = 1.0 if self.norm == "linf" else math.sqrt(self.extent.weight(frames))
        return Ball(self.radius / seen, self.norm)


def fgsm(radius: float) -> PGD:
    """The fast gradient sign method: one step of the radius, L∞. It starts at the clean clip, a start of zeros."""
    return PGD(radius, steps=1, stride=1.0)


def uphill(logits: Float[Tensor, "b c"], labels: Int[Tensor, " b"]) -> Float[Tensor, "b c"]:
    """Along which the cross-entropy rises: its slope in the logits, divided by the probability of being wrong.

    The slope itself is p - onehot, which rounds to zero where the classifier is sure of itself (p of the label is 1),
    and an attack without a slope would praise sureness as robustness. Only the direction is used in the end, so each
    clip's slope may be scaled: p / (1 - p_label) is the softmax over the other classes, and -1 remains for the label.
    """
    truth = torch.nn.functional.one_hot(labels, logits.shape[1]).bool()
    return logits.masked_fill(truth, -torch.inf).softmax(1) - truth.to(logits.dtype)
