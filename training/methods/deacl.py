"""DeACL: learn a trained encoder's features, and that attacked clips have the same (Zhang et al., ECCV 2022).

With x the one view of a sample, x* the attacked one, f the encoder's features (there is no head) and T those of a
teacher, which any run has trained before and which stays as it is:

    attack:    x* climbs -cos(f(x*), T(x))
    training:  -cos(f(x), T(x)) - weight · cos(f(x*), f(x))

As in the official code: weight 2, gradient through both sides of the second term, clean and attacked clips in one
forward pass by one kind of batch norms. Teachers are what evaluation measures of a run: its newest checkpoint, the
averaged copy where one was kept, and the norms that its method names, always in evaluation mode.

The teacher's tensors are part of each checkpoint: a resumed run goes on with the very teacher that it began with,
whatever has become of the folder's newest checkpoint, if there is one; its network is made as that folder says.
Evaluation reads the encoder's tensors alone and needs no folder.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from pipelines.batch import Batch
from shards.refusal import Refusal
from training.encoders import Encoder
from training.false_negatives import FalseNegatives
from training.methods.attacked import Attacked, Objective
from training.methods.method import Adversarial, Knobs, Outcome


@dataclass(frozen=True)
class DeACL(Knobs):
    """Robust features learned from those of a finished run; needs attack:pgd, and looks at one view of a sample."""

    teacher: Path = Path("runs/simclr-cifar10")
    """Folder of the run whose encoder is the teacher; its features must be as long as the network's."""
    weight: float = 2.0
    """Of the attacked clips' nearness to the clean ones."""
    views: ClassVar[int] = 1
    negatives: ClassVar[bool] = False
    own_negatives: ClassVar[bool] = False
    attacked: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.weight < 0:
            raise ValueError(f"weight must be at least 0, got {self.weight}")

    def build(self, encoder: Encoder, rule: FalseNegatives | None = None, samples: int = 0) -> "DeACLModule":
        return DeACLModule(self, encoder)


class DeACLModule(Attacked):
    """An encoder without a head and, once it has been given, a teacher."""

    def __init__(self, knobs: DeACL, encoder: Encoder):
        super().__init__(encoder, nn.Identity())
        self.knobs = knobs
        self.teacher: Encoder | None = None

    def learn_from(self, teacher: Encoder) -> None:
        """Take a teacher, which from now on stays as it is.

        Raises: ``Refusal`` if its features have another length.
        """
        if teacher.width != self.encoder.width:
            raise Refusal(
                f"features of the teacher {self.knobs.teacher} are {teacher.width} long, those of this run's network "
                f"{self.encoder.width}; choose a network as wide as the teacher's, or another --method.teacher"
            )
        self.teacher = teacher.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> "DeACLModule":
        super().train(mode)
        if self.teacher is not None:
            self.teacher.eval()
        return self

    @torch.no_grad()
    def wanted(self, views: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b d"]:
        """The teacher's features, of length one."""
        assert self.teacher is not None, "a run's beginning gives its method the teacher"
        return F.normalize(self.teacher(views).to(views.dtype), dim=1)

    def objective(self, batch: Batch, progress: float) -> Objective:
        """The view away from what the teacher sees in it."""
        wanted = self.wanted(batch.views[0])
        return Objective(batch.views[:1], lambda moved: -alike(self.embed(moved[0]), wanted))

    def forward(self, batch: Batch, adversarial: Adversarial | None = None, progress: float = 1.0) -> Outcome:
        """The mean loss of this process's samples."""
        assert adversarial is not None, "a run without an attack is refused when it is made"
        view = batch.views[0]
        clean, worse = self.embed(torch.cat([view, *adversarial.views])).chunk(2)
        loss = -alike(clean, self.wanted(view)) - self.knobs.weight * alike(worse, clean)
        return Outcome(loss, clean.detach(), {})

    def advance(self, outcome: Outcome, batch: Batch, progress: float) -> None:
        """Nothing is kept between steps."""


def alike(one: Float[Tensor, "b d"], other: Float[Tensor, "b d"]) -> Float[Tensor, ""]:
    """Mean cosine of pairs of vectors of length one."""
    with torch.autocast(one.device.type, enabled=False):  # similarities in bfloat16 have two digits
        return (one * other).sum(1).mean()
