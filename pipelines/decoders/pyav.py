"""PyAV: clips of videos on the CPU, by seeking; frame by frame what ``plain`` sees."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import av
import numpy as np
import torch
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from jaxtyping import UInt8
from numpy.lib.stride_tricks import as_strided
from torch import Tensor

from pipelines.decoders.clips import clips, refuse_other, wanted
from pipelines.decoders.cut import Broken, Cut, Execute, file
from pipelines.decoders.seeking import Untrusted, sought
from shards.media import Stored
from shards.opening import film
from shards.refusal import Refusal, reason_of


@dataclass(frozen=True)
class PyAV:
    """PyAV, FFmpeg's libraries: one thread per video, frames by number, decoding little else. Videos only."""

    @property
    def library(self) -> str:
        return f"pyav {av.__version__}"

    def open(self, kind: Stored, device: torch.device, threads: int) -> Execute:
        if kind != "video":
            held, other = ("images", ", or an image recipe") if kind == "image" else ("a JPEG for each frame", "")
            raise Refusal(f"decoder pyav decodes video files, these shards hold {held}; use decoder:auto{other}")
        pool = ThreadPoolExecutor(threads, "pyav")

        def execute(cut: Cut) -> UInt8[Tensor, "v b t c h w"]:
            rows = list(pool.map(lambda i: _attempt(cut, i), range(len(cut.media))))
            broken = {i: row for i, row in enumerate(rows) if isinstance(row, str)}
            if broken:
                raise Broken(cut.names, broken)
            return torch.stack([row for row in rows if isinstance(row, Tensor)], dim=1)

        return execute


def _attempt(cut: Cut, i: int) -> Tensor | str:
    """The clips of row ``i``, v t c h w, or why there are none."""
    try:
        try:
            frames = sought(file(cut, i), wanted(cut, i).tolist(), int(cut.extent[i, 0]), cut.key_frames[i])
            return clips(cut, i, "pyav", _pixels(frames))
        except Untrusted:
            return clips(cut, i, "pyav", _pixels(_from_the_start(cut, i)))
    except Broken as broken:
        return broken.reasons[i]
    except Exception as error:  # parsers of damaged files raise whatever they stumble on
        return f"pyav cannot decode it: {reason_of(error)}"


def _from_the_start(cut: Cut, i: int) -> Iterator[VideoFrame]:
    """The wanted frames of a video that is decoded from end to end.

    Raises: ``Broken`` if it has another number of frames than the index says.
    """
    held, count = set(wanted(cut, i).tolist()), 0
    with film(file(cut, i)) as (container, stream):
        for frame in container.decode(stream):
            if count in held:
                yield frame
            count += 1
    refuse_other(cut, i, "pyav", count=count)


def _pixels(frames: Iterator[VideoFrame]) -> Iterator[np.ndarray]:
    """RGB, [h, w, 3], as ``plain`` converts it; one converter for all frames, which takes long to build."""
    convert = VideoReformatter()
    for frame in frames:
        plane = convert.reformat(frame, format="rgb24", threads=1).planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(frame.height, plane.line_size)
        yield as_strided(rows, (frame.height, frame.width, 3), (plane.line_size, 3, 1), writeable=False)
