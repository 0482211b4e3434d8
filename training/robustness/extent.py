"""What an attack on a clip may change: all of its frames, a few of them, or all of them by one and the same change.

An attack moves a change that is as small as what it may alter, [b k c h w] with k frames of its own; the clip that is
seen follows from it. Of an image, a clip of one frame, all three are the same.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

Clips = Float[Tensor, "b t c h w"]
Change = Float[Tensor, "b k c h w"]


@dataclass(frozen=True)
class Whole:
    """Every frame by itself."""

    def own(self, frames: int) -> int:
        """How many frames a change has of its own."""
        return frames

    def weight(self, frames: int) -> int:
        """How often each of them is seen in a clip."""
        return 1

    def limits(self, clips: Clips) -> tuple[Change, Change]:
        """The least and the largest change that leaves pixels true, 0 to 1."""
        return -clips, 1 - clips

    def applied(self, clips: Clips, change: Change) -> Clips:
        """Clips with the change."""
        return clips + change


@dataclass(frozen=True)
class Sparse(Whole):
    """A few frames, evenly spaced: of every ``frames``-th part of the clip the frame in its middle."""

    frames: int = 1

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise ValueError(f"frames must be at least 1, got {self.frames}")

    def own(self, frames: int) -> int:
        return min(self.frames, frames)

    def limits(self, clips: Clips) -> tuple[Change, Change]:
        some = clips[:, self.chosen(clips.shape[1])]
        return -some, 1 - some

    def applied(self, clips: Clips, change: Change) -> Clips:
        return clips.index_add(1, torch.tensor(self.chosen(clips.shape[1]), device=clips.device), change)

    def chosen(self, frames: int) -> list[int]:
        """Numbers of the frames that change."""
        parts = self.own(frames)
        return [(2 * part + 1) * frames // (2 * parts) for part in range(parts)]


@dataclass(frozen=True)
class Universal(Whole):
    """One change that all frames share. Where it would leave true pixels in any frame, it stops in all of them."""

    def own(self, frames: int) -> int:
        return 1

    def weight(self, frames: int) -> int:
        return frames

    def limits(self, clips: Clips) -> tuple[Change, Change]:
        return -clips.amin(1, keepdim=True), 1 - clips.amax(1, keepdim=True)


Extent = Whole | Sparse | Universal
