"""How far an attack may go, and how it walks there: uphill by steps of one length, back into the ball after each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from training.methods.method import Views


@dataclass(frozen=True)
class Ball:
    """The clips that are near a clean one and have true pixels, 0 to 1."""

    radius: float
    """In pixel units, where 1 is the way from black to white: of each pixel, or of a clip's Euclidean length."""
    norm: Literal["linf", "l2"] = "linf"

    def nearest(self, moved: Tensor, clean: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b t c h w"]:
        """The clip of the ball around ``clean`` for ``moved``: first the radius is made to hold, then true pixels."""
        return (clean + self.within(moved - clean)).clamp(0, 1)

    def within(self, change: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b t c h w"]:
        """The change, made to keep to the radius."""
        if self.norm == "linf":
            return change.clamp(-self.radius, self.radius)
        return change * (self.radius / lengths(change).clamp_min(self.radius)).to(change.dtype)

    def direction(self, slope: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b t c h w"]:
        """The steepest way up of length 1: signs, or each clip's own slope; where there is no slope, nowhere."""
        if self.norm == "linf":
            return slope.sign()
        tiny = torch.finfo(slope.dtype).tiny
        slope = slope / slope.abs().amax((1, 2, 3, 4), keepdim=True).clamp_min(tiny)  # a small one's squares would be 0
        return slope / lengths(slope).clamp_min(tiny)

    def climb(
        self, clean: Views, loss: Callable[[Views], Float[Tensor, ""]], start: Views, stride: float, steps: int
    ) -> Views:
        """Go ``steps`` times ``stride`` up the loss, from the clips of the ball nearest to ``start``.

        All clips are moved together by one loss. Parameters get no gradient, and neither does the result.
        """
        moved = tuple(self.nearest(s.detach(), c) for s, c in zip(start, clean, strict=True))
        for _ in range(steps):
            here = tuple(view.detach().requires_grad_() for view in moved)
            with torch.enable_grad():
                slopes = torch.autograd.grad(loss(here), here)
            ways = (view.detach() + stride * self.direction(slope) for view, slope in zip(here, slopes, strict=True))
            moved = tuple(self.nearest(way, view) for way, view in zip(ways, clean, strict=True))
        return moved


def lengths(change: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b 1 1 1 1"]:
    """Euclidean length of each clip."""
    return torch.linalg.vector_norm(change.flatten(1), dim=1).view(-1, 1, 1, 1, 1)
