"""What an encoded image or video says of itself, measured once when shards are made."""

from dataclasses import dataclass
from typing import Literal

from shards.opening import film, frames, picture, readable

Kind = Literal["image", "video"]
Stored = Literal["image", "video", "frames"]
"""How a sample lies in its tar: a video is one file, or an image for each of its frames."""
IMAGES = frozenset({"jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff"})
VIDEOS = frozenset({"mp4", "avi", "mkv", "mov", "webm", "mpg", "mpeg", "m4v"})
TEXTURE = "texture.jpg"  # the extension of a sample's texture, beside its image or video


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
    with readable(extension, content):
        return _image(content) if extension in IMAGES else _video(content)


def _image(content: bytes) -> Media:
    with picture(content) as image:
        return Media(image.height, image.width, 1, (0, 1), ())


def _video(content: bytes) -> Media:
    with film(content) as (container, stream):
        count, keys, height, width = 0, [], 0, 0
        for frame in frames(container, stream):
            height, width = frame.height, frame.width
            if frame.key_frame:
                keys.append(count)
            count += 1
        rate = stream.average_rate
        return Media(height, width, count, (rate.numerator, rate.denominator) if rate else (0, 1), tuple(keys))
