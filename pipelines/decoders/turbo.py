"""libjpeg-turbo on the CPU: each picture is decoded once, by one of several threads, and all views are cut from it."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import simplejpeg
import torch
import torch.nn.functional as F
from jaxtyping import UInt8
from torch import Tensor

from pipelines.decoders.cut import Broken, Cut, Execute, other_extent, places
from pipelines.decoders.flat import refuse_missing
from shards.media import Stored
from shards.opening import PIXELS, picture
from shards.refusal import Refusal, reason_of
from shards.sample import Buffer

COLOURS = ("YCbCr", "RGB", "Gray")  # of CMYK it makes other colours than Pillow


@dataclass(frozen=True)
class Turbo:
    """libjpeg-turbo: the fastest on a CPU, Pillow's very pixels. Images, and videos that recode:jpeg-frames made."""

    @property
    def library(self) -> str:
        return f"simplejpeg {simplejpeg.__version__}"

    def open(self, kind: Stored, device: torch.device, threads: int) -> Execute:
        if kind == "video":
            raise Refusal(
                "decoder turbo decodes images, these shards hold video files; "
                "use decoder:auto, or an image recipe, or make the shards with recode:jpeg-frames"
            )
        pool = ThreadPoolExecutor(threads, "turbo")

        def execute(cut: Cut) -> UInt8[Tensor, "v b t c h w"]:
            if kind == "frames":
                refuse_missing(cut)
            out = np.empty((*cut.frames.shape, cut.side, cut.side, 3), np.uint8)
            pictures, faults = _pictures(cut), {}
            # who is done takes the next picture: a list's iterator is safe among threads
            list(pool.map(lambda _: _work(cut, pictures, out, faults), range(threads)))
            if faults:
                raise Broken(cut.names, _by_row(faults, kind))
            return torch.from_numpy(out).permute(0, 1, 2, 5, 3, 4)  # as decoded: what follows takes any order

        return execute


def _by_row(faults: dict[tuple[int, int], str], kind: Stored) -> dict[int, str]:
    """From reasons by row and frame to the first reason of each row."""
    found: dict[int, str] = {}
    for (row, number), reason in sorted(faults.items()):
        found.setdefault(row, f"frame {number}: {reason}" if kind == "frames" else reason)
    return found


class _Picture(NamedTuple):
    row: int
    number: int
    """Of the frame; 0 for an image."""
    content: Buffer
    parts: list[tuple[int, int]]
    """Views and times that show it."""


def _pictures(cut: Cut) -> Iterator[_Picture]:
    """Every picture that is wanted, once."""
    found = []
    for row, (media, shown) in enumerate(zip(cut.media, places(cut), strict=True)):
        for number, parts in shown.items():
            found.append(_Picture(row, number, media[number] if isinstance(media, Mapping) else media, parts))
    return iter(found)


def _work(cut: Cut, pictures: Iterator[_Picture], out: np.ndarray, faults: dict[tuple[int, int], str]) -> None:
    """Fill ``out`` [v, b, t, h, w, c] from one picture after the other; note why some cannot be."""
    scratch = np.empty(3 * min(int(cut.extent[:, 1:].prod(1).max()), PIXELS), np.uint8)
    boxes = cut.boxes.tolist()
    for row, number, content, parts in pictures:
        try:
            pixels = _decode(content, scratch)
        except Exception as error:  # parsers of damaged files raise whatever they stumble on
            faults[row, number] = f"turbo cannot decode it: {reason_of(error)}"
            continue
        other = other_extent(cut, row, "turbo", *pixels.shape[:2])
        if other:
            faults[row, number] = other
            continue
        for view, time in parts:
            top, left, height, width = boxes[view][row]
            out[view, row, time] = _resize(pixels[top : top + height, left : left + width], cut.side)


def _decode(content: Buffer, scratch: np.ndarray) -> UInt8[np.ndarray, "h w c"]:
    """The picture, in ``scratch`` where libjpeg-turbo takes it without a warning; Pillow judges all others.

    A warning may be of harmless bytes between two segments, or of a file that was cut short, which must be refused.
    """
    try:
        if simplejpeg.decode_jpeg_header(content)[2] in COLOURS:
            return simplejpeg.decode_jpeg(content, buffer=scratch)
    except ValueError:
        pass
    with picture(content) as image:
        return np.array(image.convert("RGB"))


def _resize(part: UInt8[np.ndarray, "h w c"], side: int) -> UInt8[np.ndarray, "side side c"]:
    """Pillow's filter in torch's kernel for bytes, which stays on its thread if the part is one block of memory."""
    block = np.ascontiguousarray(part).reshape(1, *part.shape).transpose(0, 3, 1, 2)  # "channels last" to torch
    small = F.interpolate(torch.from_numpy(block), (side, side), mode="bilinear", antialias=True, align_corners=False)
    return small.numpy()[0].transpose(1, 2, 0)
