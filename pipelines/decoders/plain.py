"""Pillow and PyAV, one file after the other: the oracle that the fast decoders are tested against."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import av
import numpy as np
import PIL
import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from pipelines.decoders.cut import Broken, Cut, Execute, file, other_extent, places
from pipelines.decoders.flat import flat
from shards.media import Stored
from shards.opening import film, picture
from shards.refusal import reason_of
from shards.sample import Buffer

Picture = tuple[tuple[int, int], Callable[[], Image.Image]]
"""Height and width, and the picture itself for whoever wants it."""
Decode = Callable[[Buffer], Iterator[Picture]]


@dataclass(frozen=True)
class Plain:
    """Pillow for images, PyAV for videos: slow, simple, on the CPU."""

    @property
    def library(self) -> str:
        return f"pillow {PIL.__version__}, av {av.__version__}"

    def open(self, kind: Stored, device: torch.device, threads: int) -> Execute:
        if kind == "frames":
            return flat(self.open("image", device, threads))
        decode = _image if kind == "image" else _video
        return lambda cut: _execute(cut, decode)


def _execute(cut: Cut, decode: Decode) -> UInt8[Tensor, "v b t c h w"]:
    views, count, length = cut.frames.shape
    out = np.empty((views, count, length, 3, cut.side, cut.side), np.uint8)
    broken = {}
    for i in range(count):
        try:
            extent = _fill(out[:, i], cut, i, decode)
        except Exception as error:  # parsers of damaged files raise whatever they stumble on
            broken[i] = f"plain cannot decode it: {reason_of(error)}"
        else:
            other = other_extent(cut, i, "plain", *extent)
            if other:
                broken[i] = other
    if broken:
        raise Broken(cut.names, broken)
    return torch.from_numpy(out)


def _fill(out: np.ndarray, cut: Cut, i: int, decode: Decode) -> tuple[int, int, int]:
    """Cut one file's pictures into ``out`` [v, t, c, h, w] as they come. Returns: height, width, frames."""
    shown_in = places(cut.row(i))[0]
    extent, number = (0, 0), -1
    for number, (extent, shown) in enumerate(decode(file(cut, i))):  # noqa: B007, the last extent is returned
        if number not in shown_in:
            continue
        whole = shown()
        for v, t in shown_in[number]:
            top, left, height, width = (int(n) for n in cut.boxes[v, i])
            part = whole.crop((left, top, left + width, top + height))
            small = part.resize((cut.side, cut.side), Image.Resampling.BILINEAR)
            out[v, t] = np.asarray(small).transpose(2, 0, 1)
    return *extent, number + 1


def _image(content: Buffer) -> Iterator[Picture]:
    with picture(content) as image:
        yield (image.height, image.width), lambda: image.convert("RGB")


def _video(content: Buffer) -> Iterator[Picture]:
    """Every frame, decoded from the first one on: no seeking, nothing to get wrong."""
    with film(content) as (container, stream):
        for frame in container.decode(stream):
            yield (frame.height, frame.width), partial(frame.to_image, threads=1)
