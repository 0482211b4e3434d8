"""What a method promises the loop and the attacks, and what passes between them."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from pipelines.batch import Batch
from training.average import Average
from training.encoders import Encoder


class Adversarial(NamedTuple):
    """View 0, worsened by an attack, and what to do with it. NamedTuple: wrappers of modules look into it."""

    view: Tensor
    """b t c h w, without gradient"""
    anchor: int
    """Which clean view it is contrasted with."""
    weight: float
    """Of its term in the loss; the clean term's is 1."""


class Outcome(NamedTuple):
    """What one forward pass gives. NamedTuple: wrappers of modules look into it."""

    loss: Tensor
    keys: Tensor
    """n d, for ``advance``; n is 0 where a method keeps nothing"""
    counts: dict[str, Tensor]
    """Numbers that add up over steps and processes: see training/false_negatives/suspects.py."""


class MethodModule(nn.Module, ABC):
    """An encoder and its head. ``forward`` only reads state; ``advance`` is the one place that writes it."""

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
    def target(self, views: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b d"]:
        """What an embedding of the same samples shall be near, without gradient."""

    @abstractmethod
    def against(
        self, anchors: Float[Tensor, "b d"], embeddings: Float[Tensor, "b d"], ids: Int[Tensor, " b"]
    ) -> Float[Tensor, ""]:
        """The method's loss with ``embeddings`` in the role of one view and ``anchors`` in the other's."""

    @abstractmethod
    def advance(self, keys: Float[Tensor, "n d"], batch: Batch) -> None:
        """Move what the method keeps between steps; called once after each optimizer step, on every process."""
