"""What an encoded image or video says of itself, measured once when shards are made."""

import io
from dataclasses import dataclass
from typing import Literal

import av
import av.error
from PIL import Image

from shards.refusal import Refusal, reason_of

Kind = Literal["image", "video"]
IMAGES = frozenset({"jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff"})
VIDEOS = frozenset({"mp4", "avi", "mkv", "mov", "webm", "mpg", "mpeg", "m4v"})


@dataclass(frozen=True)
class Media:
    """Size and time of one encoded file. A still image has one frame, rate 0/1 and no key frames."""

    height: int
    width: int
    frames: int
    """Frames that decode, counted by decoding them."""
    rate: tuple[int, int]
    """Frames per second as numerator and denominator; 0/1 where the file does not say."""
    key_frames: tuple[int, ...]
    """Numbers of the frames that decode without any other."""


def kind_of(extension: str) -> Kind | None:
    """Whether a file's extension, lower case and without a dot, names an image or a video; ``None`` for neither."""
    return "image" if extension in IMAGES else "video" if extension in VIDEOS else None


def examine(extension: str, content: bytes) -> Media:
    """Read an image's header, or decode a video from end to end.

    Raises: ``Refusal`` if the content is no such image or video. Hostile content may crash or hang the process:
    ``shards/validate.py`` asks from afar.
    """
    try:
        return _image(content) if extension in IMAGES else _video(content)
    except (OSError, ValueError, Image.DecompressionBombError, av.error.FFmpegError) as error:
        said = error.strerror if isinstance(error, av.error.FFmpegError) else reason_of(error)  # without FFmpeg's log
        raise Refusal(f"cannot read {len(content)} bytes as {extension!r}: {said}") from error


def _image(content: bytes) -> Media:
    with Image.open(io.BytesIO(content)) as image:
        return Media(image.height, image.width, 1, (0, 1), ())


def _video(content: bytes) -> Media:
    with av.open(io.BytesIO(content), "r") as container:
        if not container.streams.video:
            raise Refusal("no video stream")
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1  # several would make it a matter of timing what damage does
        frames, keys, height, width = 0, [], 0, 0
        for frame in container.decode(stream):
            if frames == 0:
                height, width = frame.height, frame.width
            if frame.is_corrupt:
                raise Refusal(f"frame {frames} is damaged")
            if (frame.height, frame.width) != (height, width):
                raise Refusal(f"frame {frames} is {frame.height} by {frame.width}, the first {height} by {width}")
            if frame.key_frame:
                keys.append(frames)
            frames += 1
        if not frames:
            raise Refusal("no frame decodes")
        rate = stream.average_rate
        return Media(height, width, frames, (rate.numerator, rate.denominator) if rate else (0, 1), tuple(keys))
