"""Which frames make a clip: pure integer arithmetic, apart from any decoder.

|<------------------ frames of the video ------------------>|
    start |--stride--|--stride--| … |      length frames,
          |<---------- span ------->|      span = (length - 1) * stride + 1
|<-------- room: last start ------->|      room = frames - span, never below 0
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipelines.draws import Draws


@dataclass(frozen=True)
class Clip:
    """How clips are cut from videos. An image is a video of one frame."""

    length: int = 1
    """Frames in a clip."""
    stride: int = 1
    """Frames of the video from one frame of the clip to the next."""
    apart: float = 1.0
    """How far apart the views of a sample may start, as a share of the room for starts: 0 starts them together, 1 draws
    them independently. View 0 starts uniformly; every other view uniformly within that distance of view 0."""
    short: Literal["clamp", "loop"] = "clamp"
    """What a video shorter than the span does: repeat its last frame, or start again."""

    def __post_init__(self) -> None:
        if self.length < 1 or self.stride < 1:
            raise ValueError(f"a clip's length and stride must be at least 1, got {self.length} and {self.stride}")
        if not 0 <= self.apart <= 1:
            raise ValueError(f"apart must lie between 0 and 1, got {self.apart}")

    def numbers(self, frames: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Frame numbers, int64 [b, length], for videos of ``frames`` [b] frames and clips from ``starts`` [b]."""
        wanted = starts[:, None] + self.stride * np.arange(self.length)
        return wanted % frames[:, None] if self.short == "loop" else np.minimum(wanted, frames[:, None] - 1)

    def draw(self, frames: np.ndarray, draws: tuple[Draws, ...]) -> np.ndarray:
        """Frame numbers of every view: int64 [v, b, length]."""
        room = self._room(frames)
        first = draws[0].below("start", room[:, None] + 1)[:, 0]
        reach = np.floor(self.apart * room).astype(np.int64)
        low, high = np.maximum(first - reach, 0), np.minimum(first + reach, room)
        rest = [low + draw.below("start", (high - low + 1)[:, None])[:, 0] for draw in draws[1:]]
        return np.stack([self.numbers(frames, starts) for starts in (first, *rest)])

    def middle(self, frames: np.ndarray) -> np.ndarray:
        """Frame numbers of the clip in the middle of each video: int64 [b, length]."""
        return self.numbers(frames, self._room(frames) // 2)

    def spread(self, frames: np.ndarray, number: int, of: int) -> np.ndarray:
        """Frame numbers of clip ``number`` of ``of``, int64 [b, length]; of one, it is that in the middle.

        They start evenly spaced, the first at frame 0, the last as late as can be.
        """
        if not 0 <= number < of:
            raise ValueError(f"of {of} clips there is no clip {number}")
        return self.middle(frames) if of == 1 else self.numbers(frames, self._room(frames) * number // (of - 1))

    def _room(self, frames: np.ndarray) -> np.ndarray:
        return np.maximum(frames - ((self.length - 1) * self.stride + 1), 0)
