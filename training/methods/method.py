"""What a method promises the loop and the attacks, and what passes between them."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from pipelines.batch import Batch
from training.average import Average
from training.batch_norms import Branch
from training.encoders import Encoder
from training.false_negatives.suspects import Suspects

Views = tuple[Float[Tensor, "b t c h w"], ...]


@dataclass(frozen=True)
class Knobs:
    """What a method says of itself before it is built."""

    negatives: ClassVar[bool] = True
    """Whether samples repel each other: false-negative rules and attacks need that."""
    own_negatives: ClassVar[bool] = True
    """Whether it uses the negatives that are made of a sample itself."""
    needs_labels: ClassVar[bool] = False
    moved: ClassVar[int] = 0
    """Which view an attack moves, or moves first."""
    attacked: ClassVar[bool] = False
    """Whether it is made of an attack that climbs what the method says: attack:pgd."""
    views: ClassVar[int] = 2
    """How many views of each sample it looks at, without those of false-negative rules."""

    @property
    def measured_branch(self) -> Branch:
        """By which batch norms its encoder is measured."""
        return "clean"

    def check(self, samples: int) -> None:
        """Raises: ``Refusal`` if it cannot work on a data set of so many samples."""


class Adversarial(NamedTuple):
    """Views, worsened by an attack, and what to do with them. NamedTuple: wrappers of modules look into it."""

    views: Views
    """Without gradient: view 0, or those that the method wanted to be attacked."""
    anchor: int = 0
    """Which clean view it is contrasted with, where the method leaves that to the attack."""
    weight: float = 1.0
    """Of its term in the loss, likewise; the clean term's is 1."""


class Outcome(NamedTuple):
    """What one forward pass gives. NamedTuple: wrappers of modules look into it."""

    loss: Tensor
    keys: Tensor
    """n d, for ``advance``: a method's keys or, where it has none, the clean embeddings of view 0, without gradient"""
    counts: dict[str, Tensor]
    """Numbers that add up over steps and processes: see training/false_negatives/suspects.py."""


class MethodModule(nn.Module, ABC):
    """An encoder and its head. ``forward`` only reads state; ``advance`` writes it, and ``follow`` the average."""

    def __init__(self, encoder: Encoder, head: nn.Module):
        super().__init__()
        self.encoder, self.head = encoder, head
        self.average: Average | None = None

    @property
    def measured(self) -> Encoder:
        """The encoder that probes and evaluation are given: the averaged copy, where a run keeps one."""
        return self.encoder if self.average is None else self.average.encoder

    def follow(self) -> None:
        """Move the averaged copy, if there is one, towards the encoder; called once after each ``advance``."""
        if self.average is not None:
            self.average.follow(self.encoder)

    @abstractmethod
    def forward(self, batch: Batch, adversarial: Adversarial | None = None, progress: float = 1.0) -> Outcome:
        """The loss of this process's part of a global batch, at a time of the run between 0 and 1."""

    def embed(self, views: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b d"]:
        """Embeddings of length one, in the precision of the views whatever the encoder computes in."""
        return F.normalize(self.head(self.encoder(views)).to(views.dtype), dim=1)

    @abstractmethod
    def advance(self, outcome: Outcome, batch: Batch, progress: float) -> None:
        """Move what the method keeps between steps; called once after each optimizer step, on every process."""


class Contrastive(MethodModule):
    """A method with negatives: what attacks and false-negative rules work on."""

    @abstractmethod
    def target(self, views: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b d"]:
        """What an embedding of the same samples shall be near, without gradient."""

    @abstractmethod
    def against(
        self,
        anchors: Float[Tensor, "b d"],
        embeddings: Float[Tensor, "b d"],
        batch: Batch,
        suspects: Suspects | None = None,
    ) -> Float[Tensor, ""]:
        """The method's loss with ``embeddings`` in the role of one view and ``anchors`` in the other's."""

    @abstractmethod
    def suspect(self, batch: Batch, progress: float) -> Suspects | None:
        """What the attack shall know of false negatives, from clean embeddings computed for it; ``None``: nothing."""


@torch.no_grad()
def own_negatives(
    embed: Callable[[Tensor], Tensor], negatives: Float[Tensor, "b n t c h w"]
) -> Float[Tensor, "b n d"] | None:
    """Embeddings of the samples' own negatives, without gradient, in a pass of their own; of none, ``None``."""
    if not negatives.shape[1]:
        return None
    return embed(negatives.flatten(0, 1)).unflatten(0, negatives.shape[:2])
