"""Pillow and PyAV, one file after the other: the oracle that the fast decoders are tested against."""

import io
from dataclasses import dataclass

import av
import numpy as np
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

    def open(self, kind: Kind, device: torch.device, threads: int) -> Execute:
        decode = _image if kind == "image" else _video
        return lambda cut: _execute(cut, decode).to(device)


def _execute(cut: Cut, decode) -> UInt8[Tensor, "v b t c h w"]:
    views, count, length = cut.frames.shape
    out = np.empty((views, count, length, 3, cut.side, cut.side), np.uint8)
    for i in range(count):
        pictures = decode(cut.media[i], cut.frames[:, i])
        check_extent(cut, i, "plain", *next(iter(pictures.values())).size[::-1])
        for v in range(views):
            top, left, height, width = (int(n) for n in cut.boxes[v, i])
            for t, number in enumerate(cut.frames[v, i]):
                part = pictures[int(number)].crop((left, top, left + width, top + height))
                out[v, i, t] = np.asarray(part.resize((cut.side, cut.side), Image.Resampling.BILINEAR)).transpose(
                    2, 0, 1
                )
    return torch.from_numpy(out)


def _image(content: bytes, wanted: np.ndarray) -> dict[int, Image.Image]:
    with Image.open(io.BytesIO(content)) as image:
        return {0: image.convert("RGB")}


def _video(content: bytes, wanted: np.ndarray) -> dict[int, Image.Image]:
    """The wanted frames by number, found by decoding from the first frame on: no seeking, nothing to get wrong."""
    with av.open(io.BytesIO(content)) as container:
        frames = enumerate(container.decode(video=0))
        found = {n: frame.to_image() for n, frame in frames if n in wanted}
    if len(found) < len(np.unique(wanted)):
        raise Refusal(f"frames {sorted(set(wanted.ravel().tolist()) - set(found))} do not decode")
    return found
