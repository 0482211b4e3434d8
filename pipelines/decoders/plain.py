"""Pillow and PyAV, one file after the other: the oracle that the fast decoders are tested against."""

import io
from dataclasses import dataclass

import av
import av.error
import numpy as np
import PIL
import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from pipelines.decoders.cut import Cut, Execute, check_extent
from shards.media import Kind
from shards.refusal import Refusal


@dataclass(frozen=True)
class Plain:
    """Pillow for images, PyAV for videos: slow, simple, on the CPU."""

    @property
    def library(self) -> str:
        return f"pillow {PIL.__version__}, av {av.__version__}"

    def open(self, kind: Kind, device: torch.device, threads: int) -> Execute:
        decode = _image if kind == "image" else _video
        return lambda cut: _execute(cut, decode)


def _execute(cut: Cut, decode) -> UInt8[Tensor, "v b t c h w"]:
    views, count, length = cut.frames.shape
    out = np.empty((views, count, length, 3, cut.side, cut.side), np.uint8)
    for i in range(count):
        try:
            pictures, extent = decode(cut.media[i], cut.frames[:, i])
        except (
            OSError,
            ValueError,
            SyntaxError,
            av.error.FFmpegError,
        ) as error:  # SyntaxError: Pillow, of a broken PNG
            raise Refusal(f"sample {cut.names[i]!r}: plain cannot decode it: {error}") from error
        check_extent(cut, i, "plain", *extent)
        for v in range(views):
            top, left, height, width = (int(n) for n in cut.boxes[v, i])
            for t, number in enumerate(cut.frames[v, i]):
                part = pictures[int(number)].crop((left, top, left + width, top + height))
                out[v, i, t] = np.asarray(part.resize((cut.side, cut.side), Image.Resampling.BILINEAR)).transpose(
                    2, 0, 1
                )
    return torch.from_numpy(out)


def _image(content: bytes, wanted: np.ndarray) -> tuple[dict[int, Image.Image], tuple[int, int, int]]:
    with Image.open(io.BytesIO(content)) as image:
        return {0: image.convert("RGB")}, (image.height, image.width, 1)


def _video(content: bytes, wanted: np.ndarray) -> tuple[dict[int, Image.Image], tuple[int, int, int]]:
    """The wanted frames by number, found by decoding from the first frame on: no seeking, nothing to get wrong."""
    found, count, height, width = {}, 0, 0, 0
    with av.open(io.BytesIO(content), "r") as container:
        for count, frame in enumerate(container.decode(video=0), start=1):
            height, width = frame.height, frame.width
            if count - 1 in wanted:
                found[count - 1] = frame.to_image()
    return found, (height, width, count)
