"""The border between planning and decoding: what to decode, in integers, and the promise to do just that."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8
from torch import Tensor

from shards.refusal import Refusal


@dataclass(frozen=True)
class Cut:
    """Frames and boxes to cut from encoded files, and the side to resize each box to."""

    media: Sequence[bytes]
    """b encoded files"""
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


@runtime_checkable
class Execute(Protocol):
    """An open decoder. It resizes with an antialiased triangle filter that never looks outside the box.

    Raises: ``Refusal`` that names the sample if a file cannot be decoded, or is not what the index says.
    """

    def __call__(self, cut: Cut) -> UInt8[Tensor, "v b t c h w"]: ...


def check_extent(cut: Cut, i: int, decoder: str, height: int, width: int, frames: int | None = None) -> None:
    """Refuse sample ``i`` if the decoder sees another size or frame count than the index: pixels would be others."""
    indexed = tuple(int(n) for n in cut.extent[i])
    found = (indexed[0] if frames is None else frames, height, width)
    if found != indexed:
        raise Refusal(
            f"sample {cut.names[i]!r}: {decoder} sees (frames, height, width) = {found}, the index says {indexed}, so "
            "clips would not be those drawn; use another decoder (…loader.decoder:plain) or recode the file"
        )
