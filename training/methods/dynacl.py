"""DynACL: ACL's dual stream of which the moved views gain weight, against a slow copy (Luo et al., ICLR 2023).

With x, x' the views, starred where attacked, NT the loss of NT-Xent over all views of the global batch, f the network
by its clean batch norms, f* by those for attacked views, g and g* a copy whose parameters follow at a momentum m:

    [ (2 - w) NT(f(x), g(x')) + w NT(f*(x*), g*(x'*)) ] / 2        both views climb the second part, as in ACL

w rises by stairs from 1: min(1 + p · rise, 2), where p is the share of the run that is over, rounded down to a stair
(official code: every 50 of 1000 epochs, by two thirds of the share). Its views grow weaker by the same stairs
(annealed-views).

Our notes of the official code say that the second of each pair goes through the slow copy, and that parameters alone
are averaged. The rest is our reading. Training moves no parameter of the copy, for it follows after each step; in an
attack the slope goes through both networks to both views' pixels. The copy's running statistics are its own: its
forward passes in training move them, as they move the learning encoder's, so that an attack in evaluation mode meets
statistics that belong to the copy's weights. The learning encoder is the one that is measured.
"""

import math
from dataclasses import dataclass, field
from typing import ClassVar

from pipelines.batch import Batch
from training.batch_norms import Branch, select
from training.encoders import Encoder
from training.false_negatives import FalseNegatives
from training.heads import Head
from training.methods.acl import DualStream
from training.methods.follower import Follower
from training.methods.in_batch import InBatchKnobs, Pair
from training.methods.method import Outcome, Views


class DynACLModule(DualStream):
    """A dual stream in which a slow copy embeds view 1."""

    knobs: "DynACL"

    def __init__(self, knobs: "DynACL", encoder: Encoder, rule: FalseNegatives, samples: int):
        super().__init__(knobs, encoder, rule, samples)
        self.slow = Follower(encoder, self.head)

    def pair(self, views: Views, branch: Branch) -> Pair:
        """View 0 as it learns, view 1 by the slow copy."""
        with select(self, branch):
            return self.embed(views[0]), self.slow.embed(views[1], branch)

    def weight(self, progress: float) -> float:
        """w at a time of the run."""
        stages = self.knobs.stages
        over = math.floor(progress * stages + 1e-6) / stages  # 0.3 is three times 0.1, whatever floats say
        return min(1 + over * self.knobs.rise, 2.0)

    def advance(self, outcome: Outcome, batch: Batch, progress: float) -> None:
        """Move the slow copy, and what the rule remembers."""
        super().advance(outcome, batch, progress)
        self.slow.follow(self.encoder, self.head, self.knobs.momentum)


@dataclass(frozen=True)
class DynACL(InBatchKnobs):
    """ACL with weights and views that change as the run goes on, and a slow copy; needs attack:pgd."""

    temperature: float = 0.5
    head: Head = field(default_factory=lambda: Head(layers=3, hidden=512, out=512))
    momentum: float = 0.99
    """How much of the slow copy stays at each step."""
    stages: int = 20
    """How many stairs the moved views' weight takes over the run."""
    rise: float = 2 / 3
    """By how much that weight would have risen from 1 at the end of the run; it stops at 2."""
    attacked: ClassVar[bool] = True
    module: ClassVar = DynACLModule

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.momentum <= 1 or self.stages < 1 or self.rise < 0:
            raise ValueError(f"need momentum between 0 and 1, stages >= 1 and rise >= 0, got {self}")

    @property
    def measured_branch(self) -> Branch:
        """Robust features are those of the attacked views' norms (official code: its SLF and ALF)."""
        return "adversarial"
