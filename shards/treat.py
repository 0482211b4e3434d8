"""What is done to a file before it may enter a tar: recoded, measured, checked, a texture made of it.

All of it runs in a child that may crash or hang (``shards/validate.py``).
"""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any, Protocol, runtime_checkable

import av
import numpy as np
from PIL import Image

from shards.encode import jpeg
from shards.media import TEXTURE, Media, examine, kind_of
from shards.recode.part import Part
from shards.refusal import Refusal

QUALITY = 95  # of textures: at 224 pixels a third of the bytes of a PNG, and photographs are JPEGs too
Recode = Callable[[str, bytes, tuple[float, float] | None], Iterator[Part]]
Texture = Callable[[np.ndarray, str], np.ndarray]


@runtime_checkable
class Check(Protocol):
    """A full decode of one file. ``pipelines/check.py`` has it and hands it in: this room knows no decoder."""

    @property
    def libraries(self) -> tuple[str, ...]:
        """Names and versions of what decodes."""
        ...

    def __call__(self, content: Any, media: Media) -> None:
        """Raise any ``Exception`` that says why this is not, to every decoder, what was measured of it.

        ``content`` is the bytes of a file, or those of every frame by its number.
        """
        ...


@dataclass(frozen=True)
class Treated:
    """What a file, or a stretch of it, has become."""

    suffix: str
    media: Mapping[str, bytes]
    measured: Media
    origin: tuple[int, int, int]
    texture: tuple[int, int] = (0, 0)
    """Height and width of the texture that was made; zeros for none."""


@dataclass(frozen=True)
class Treatment:
    """The same for all files of a data set."""

    recode: Recode | None = None
    """``None`` takes files as they are."""
    texture: Texture | None = None
    check: Check | None = None

    def __call__(self, name: str, extension: str, content: bytes, segment: tuple[float, float] | None) -> list[Treated]:
        """Treat the file of the sample ``name``.

        Raises: any ``Exception``; each time it is the file's fault.
        """
        recode = self.recode or _as_it_is
        return [self._treat(name, part) for part in recode(extension, content, segment)]

    @property
    def libraries(self) -> tuple[str, ...]:
        """What decodes every file from end to end."""
        return self.check.libraries if self.check else ()

    @property
    def made(self) -> dict[str, dict[str, Any]]:
        """What is done to files, for the manifest; nothing if they are taken as they are."""
        steps = {"recode": self.recode, "texture": self.texture}
        return {
            step: {"name": type(what).__name__, **asdict(what)}  # type: ignore[arg-type]
            for step, what in steps.items()
            if is_dataclass(what)
        }

    def _treat(self, name: str, part: Part) -> Treated:
        measured = _measure(part)
        if self.check is not None:
            frames = [*part.media.values()]
            self.check(dict(enumerate(frames)) if _as_frames(part) else frames[0], measured)
        if self.texture is None:
            return Treated(part.suffix, part.media, measured, part.origin)
        pixels = self.texture(_picture(part, measured), name + part.suffix)
        media = {**part.media, TEXTURE: jpeg(pixels, QUALITY, subsampling="4:4:4")}
        return Treated(part.suffix, media, measured, part.origin, (pixels.shape[0], pixels.shape[1]))


def further(name: str, extension: str, content: bytes, segment: tuple[float, float] | None) -> list[Treated]:
    """Take a picture beside the image or video, such as its texture, as it is."""
    part = Part("", {extension: content}, (0, 1, 1))
    measured = _measure(part)
    _picture(part, measured)
    return [Treated("", part.media, measured, part.origin)]


def _as_it_is(extension: str, content: bytes, segment: tuple[float, float] | None) -> Iterator[Part]:
    if segment is not None:
        raise Refusal("it is a segment of a longer file; choose recode:h264 or recode:jpeg-frames, which cut it out")
    yield Part("", {extension: content}, (0, -1, 1))


def _as_frames(part: Part) -> bool:
    """Whether a video's frames are files of their own: "0000.jpg", "0001.jpg" …"""
    return "." in next(iter(part.media))


def _measure(part: Part) -> Media:
    (extension, content), *others = part.media.items()
    first = examine(extension.rpartition(".")[2], content)
    if not _as_frames(part):
        return first
    count = 1 + len(others)
    return Media(first.height, first.width, count, part.rate or (0, 1), tuple(range(count)))


def _picture(part: Part, measured: Media) -> np.ndarray:
    """What a texture is made of, uint8 [h, w, 3]: the picture, or the frame in the middle."""
    media = [*part.media.items()]
    middle = measured.frames // 2
    extension, content = media[middle if len(media) > 1 else 0]
    if kind_of(extension.rpartition(".")[2]) == "image":
        with Image.open(io.BytesIO(content)) as image:
            return np.asarray(image.convert("RGB"))
    with av.open(io.BytesIO(content), "r") as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for number, frame in enumerate(container.decode(stream)):
            if number == middle:
                return frame.to_ndarray(format="rgb24")
    raise Refusal(f"its frame {middle} does not decode")
