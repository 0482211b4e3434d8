"""The border between planning and decoding: what to decode, in integers, and the promise to do just that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8
from torch import Tensor

from shards.refusal import Refusal
from shards.sample import Buffer


@dataclass(frozen=True)
class Cut:
    """Frames and boxes to cut from encoded files, and the side to resize each box to."""

    media: Sequence[Buffer | Mapping[int, Buffer]]
    """b encoded files; of videos that are stored as frames, b times the wanted frames by number"""
    names: Sequence[str]
    """b names for errors"""
    extent: np.ndarray
    """int [b, 3]: frames, height and width as the index states them"""
    key_frames: Sequence[np.ndarray]
    """b arrays, int [k]: numbers of the key frames as the index states them"""
    frames: np.ndarray
    """int [v, b, t]: frame numbers of every view"""
    boxes: np.ndarray
    """int [v, b, 4]: top, left, height and width of every view"""
    side: int
    """Height and width of the result, in pixels"""

    def row(self, i: int) -> "Cut":
        """What is cut from file ``i`` alone."""
        one = slice(i, i + 1)
        return Cut(self.media[one], self.names[one], self.extent[one], self.key_frames[one], self.frames[:, one],
                   self.boxes[:, one], self.side)  # fmt: skip


@runtime_checkable
class Execute(Protocol):
    """An open decoder. It resizes with an antialiased triangle filter that never looks outside the box.

    Raises: ``Broken``, with every file that cannot be decoded or is not what the index says.
    """

    def __call__(self, cut: Cut) -> UInt8[Tensor, "v b t c h w"]: ...


class Broken(Refusal):
    """Rows of a batch that cannot be decoded; the message names their samples."""

    def __init__(self, names: Sequence[str], reasons: Mapping[int, str]):
        super().__init__("; ".join(f"sample {names[row]!r}: {reason}" for row, reason in sorted(reasons.items())))
        self.reasons = dict(reasons)
        """Why, by row."""


def other_extent(cut: Cut, i: int, decoder: str, height: int, width: int, frames: int | None = None) -> str | None:
    """Why row ``i`` must be refused, if the decoder sees another size or frame count than the index; else ``None``."""
    indexed = tuple(int(n) for n in cut.extent[i])
    found = (indexed[0] if frames is None else frames, height, width)
    if found == indexed:
        return None
    return (
        f"{decoder} sees (frames, height, width) = {found}, the index says {indexed}, so "
        "clips would not be those drawn; use another decoder (…loader.decoder:plain) or recode the file"
    )


def places(cut: Cut) -> list[dict[int, list[tuple[int, int]]]]:
    """For each row, which frames are wanted, and in which (view, time) each of them is shown."""
    found: list[dict[int, list[tuple[int, int]]]] = [{} for _ in cut.media]
    for view, rows in enumerate(cut.frames.tolist()):
        for row, clip in enumerate(rows):
            for time, number in enumerate(clip):
                found[row].setdefault(number, []).append((view, time))
    return found


def file(cut: Cut, i: int) -> Buffer:
    """The one file that row ``i`` is cut from."""
    content = cut.media[i]
    assert not isinstance(content, Mapping), "videos that are stored as frames are opened as such"
    return content
