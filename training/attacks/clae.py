"""CLAE: contrastive learning with adversarial examples (Ho & Vasconcelos, 2020, arXiv 2010.12050).

As the official code does it: the attack takes one step up the contrastive loss of the whole batch, training adds the
loss of the adversarial view 0 against a clean view. Only view 0 is attacked, normalised by the adversarial branch.

With ``anchor="same"`` (official) the view is attacked against itself. Its similarity to itself is at the maximum and
has no gradient, so the step moves it towards the negatives only; training then contrasts it with its own clean crop.
``"other"`` is our variant: attack and training contrast with the other view, so that the positive pair gets harder too.

On MoCo, our extension, the adversarial view is a query against the queue. At the same crop the attack starts from the
query's own value, so the positive has no gradient there either; training then asks for that crop's key.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from pipelines.batch import Batch
from training.batch_norms import convert, frozen_statistics, select
from training.false_negatives.suspects import Suspects
from training.methods.method import Adversarial, Contrastive, MethodModule


@dataclass(frozen=True)
class CLAE:
    """One signed step up the contrastive loss, with batch norms of its own where the network has any."""

    radius: float = 0.015
    """Change of every pixel, on the 0-to-1 scale. Official: 0.03 after normalisation by 0.5 for SimCLR on CIFAR."""
    weight: float = 1.0
    """Of the adversarial term; the clean term's is 1."""
    anchor: Literal["same", "other"] = "same"
    """The clean view that attack and training contrast with: the same crop (official) or the other view."""
    clamp: bool = False
    """Keep pixels within 0 … 1. Official: no."""
    norm_momentum: float = 0.01
    """How far a step moves the running statistics of the adversarial batch norms."""

    def __post_init__(self) -> None:
        if self.radius <= 0 or self.weight < 0:
            raise ValueError(f"need radius > 0 and weight >= 0, got {self.radius} and {self.weight}")

    def prepare(self, method: MethodModule) -> None:
        """Give the method a second branch of batch norms."""
        convert(method, self.norm_momentum)

    def __call__(self, method: MethodModule, batch: Batch, progress: float = 1.0) -> Adversarial:
        """Worsen view 0. Running statistics and parameter gradients stay as they are."""
        assert isinstance(method, Contrastive), "a run with another method is refused when it is made"
        view = batch.views[0] + self.radius * self._slope(method, batch, method.suspect(batch, progress)).sign()
        return Adversarial((view.clamp(0, 1) if self.clamp else view,), int(self.anchor == "other"), self.weight)

    def _slope(self, method: Contrastive, batch: Batch, suspects: Suspects | None = None) -> Float[Tensor, "b t c h w"]:
        view = batch.views[0].detach().requires_grad_()
        with select(method, "adversarial"), frozen_statistics(method):
            embedding = method.embed(view)
            # against itself one forward is enough: the anchor is the value that the view starts from
            anchor = embedding.detach() if self.anchor == "same" else method.target(batch.views[1])
            (slope,) = torch.autograd.grad(method.against(anchor, embedding, batch, suspects), view)
        return slope
