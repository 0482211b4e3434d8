"""Frame negatives: keep what is seen, lose what happens. Our extension of arXiv 2110.14189 (Ge et al., 2021) to time.

There the feature that misleads is a picture's texture. A video's is its appearance: most of what its frames show tells
little of what happens in it, so these negatives show the same and nothing happens, or not in this order.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pipelines.draws import Draws
from pipelines.negatives.shuffled import shuffled
from pipelines.sending import sent
from shards.refusal import Refusal


@dataclass(frozen=True)
class Frames:
    """Make each negative of its own view's frames, whole and unchanged. Clips only; one that stands still is itself."""

    kind: Literal["permuted", "frozen"] = "permuted"
    """permuted: the frames in another order than their own, all as likely; frozen: one of them throughout."""
    count: int = 1
    """Negatives per sample."""
    of_textures: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"count must be at least 1, got {self.count}; for none choose negatives:none")

    def __call__(self, views: Float[Tensor, "b t c h w"], draws: Draws) -> Float[Tensor, "b n t c h w"]:
        """Raises: ``Refusal`` if clips have one frame."""
        length = views.shape[1]
        refuse_stills(length)
        numbers = sent(self._numbers(length, draws), views.device)
        return views[torch.arange(len(views), device=views.device)[:, None, None], numbers]

    def _numbers(self, length: int, draws: Draws) -> np.ndarray:
        """Which of the view's frames each negative shows when: int64 [b, n, length]."""
        if self.kind == "frozen":
            return draws.below("frozen frame", length, self.count)[..., None].repeat(length, axis=-1)
        return shuffled(draws, "frame order", np.full((len(draws), self.count), length), length)


def refuse_stills(length: int) -> None:
    """Raises: ``Refusal`` if clips of ``length`` frames have but one order."""
    if length < 2:
        raise Refusal(
            f"loader.negatives:frames needs clips of at least 2 frames, these have {length}; "
            "choose --loader.clip.length 2 or more, or loader.negatives:patches"
        )
