"""Videos as small H.264 files with key frames close together, where clips are quickly found."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import av
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Colorspace

from shards.encode import h264
from shards.media import Kind
from shards.opening import readable
from shards.recode.fit import EXACT, even, fitted, refuse_outside
from shards.recode.part import Part
from shards.recode.stretches import UNKNOWN, Frame, chunks, footage

CLOCK = Fraction(1, 90000)  # seconds to a tick where a file does not say; MPEG's
RGB = 0  # FFmpeg's number of the colour space of pixels that are RGB already


@dataclass(frozen=True)
class H264:
    """Encode videos anew as H.264, frame for frame with the times they had, 4:2:0 in 8 bits."""

    kind: ClassVar[Kind] = "video"
    side: int | None = 256
    """The shorter side of larger videos, in pixels; None keeps the size. Odd sizes lose a pixel."""
    crf: int = 19
    """x264's constant rate factor, 0 to 51: lower is better and larger; 18 is about invisible."""
    group: int = 24
    """Most frames from one key frame to the next: fewer make clips quicker to find, and files larger."""
    chunk: float | None = None
    """Cut videos into chunks of so many seconds, the last one shorter; None leaves them whole."""

    def __post_init__(self) -> None:
        refuse_outside(side=(self.side, 2, 16384), crf=(self.crf, 0, 51), group=(self.group, 1, 1000),
                       chunk=(self.chunk, 1, 86400))  # fmt: skip

    def __call__(self, extension: str, content: bytes, segment: tuple[float, float] | None) -> Iterator[Part]:
        with readable(extension, content), footage(content, segment) as (rate, frames):
            small = (frame._replace(picture=self._fit(frame.picture)) for frame in frames)
            for suffix, members in chunks(small, self.chunk):
                numbers: list[int] = []
                encoded = h264(_paced(members, numbers), rate or UNKNOWN, self.group, self.crf)
                yield Part(suffix, {"mp4": encoded}, (numbers[0], numbers[-1] + 1, 1))

    def _fit(self, picture: av.VideoFrame) -> av.VideoFrame:
        """As its decoders show it: neither turned nor toned. 10 bits and full range become 8 and limited range."""
        height, width = even(*fitted(picture.height, picture.width, self.side))
        matrix = Colorspace.ITU601 if picture.colorspace == RGB else None
        return picture.reformat(
            width,
            height,
            "yuv420p",
            dst_colorspace=matrix,
            dst_color_range=ColorRange.MPEG,
            interpolation=EXACT,
            threads=1,
        )


def _paced(frames: Iterable[Frame], numbers: list[int]) -> Iterator[av.VideoFrame]:
    """Pictures whose times rise from that of the first, which is 0; their numbers are noted."""
    start, last = Fraction(0), -1
    for number, time, picture in frames:
        start = start if numbers else time
        numbers.append(number)
        picture.time_base = picture.time_base or CLOCK
        picture.pts = last = max(round((time - start) / picture.time_base), last + 1)
        picture.pict_type = PictureType.NONE  # or x264 would keep the type that it had
        yield picture
