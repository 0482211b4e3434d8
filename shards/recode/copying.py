"""Media as they were found."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from shards.media import Kind
from shards.recode.part import Part
from shards.refusal import Refusal


@dataclass(frozen=True)
class Copy:
    """Leave the bytes as they were found."""

    kind: ClassVar[Kind | None] = None
    """Which media it takes; ``None`` is both."""

    def __call__(self, extension: str, content: bytes, segment: tuple[float, float] | None) -> Iterator[Part]:
        if segment is not None:
            raise Refusal("samples are segments of longer files: choose recode:h264 or recode:jpeg-frames")
        yield Part("", {extension: content}, (0, -1, 1))  # -1: to its end, which is measured afterwards
