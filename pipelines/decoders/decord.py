"""decord: clips of videos on the CPU; on a GPU with a build of decord that has CUDA."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import decord
import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from pipelines.decoders.clips import clips, refuse_other, wanted
from pipelines.decoders.cut import Broken, Cut, Execute, file
from shards.media import Stored
from shards.refusal import Refusal, reason_of


@dataclass(frozen=True)
class Decord:
    """decord: one thread per video, frames by number. Videos only."""

    gpu: bool = False
    """Decode on the GPU. The wheel on PyPI has no CUDA: build decord with -DUSE_CUDA=ON for this."""

    @property
    def library(self) -> str:
        return f"decord {decord.__version__}"

    def open(self, kind: Stored, device: torch.device, threads: int) -> Execute:
        if kind == "frames":
            raise Refusal("decoder decord decodes video files, these shards hold a JPEG for each frame; "
                          "use loader.decoder:auto")  # fmt: skip
        if kind != "video":
            raise Refusal(
                "decoder decord decodes videos, these shards hold images; use decoder:auto, or an image recipe"
            )
        context = self._context(device)
        pool = ThreadPoolExecutor(threads, "decord")

        def execute(cut: Cut) -> UInt8[Tensor, "v b t c h w"]:
            rows = list(pool.map(lambda i: _attempt(cut, i, context), range(len(cut.media))))
            broken = {i: row for i, row in enumerate(rows) if isinstance(row, str)}
            if broken:
                raise Broken(cut.names, broken)
            return torch.stack([row for row in rows if isinstance(row, Tensor)], dim=1)

        return execute

    def _context(self, device: torch.device):
        if not self.gpu:
            return decord.cpu(0)
        if device.type != "cuda":
            raise Refusal(f"decord.gpu needs a CUDA device, this run is on {device}; leave out --…decoder.gpu")
        try:
            decord.nd.empty((1,), ctx=decord.gpu(0))
        except decord.DECORDError as error:
            raise Refusal("this build of decord has no CUDA; leave out --…decoder.gpu, or build decord with "
                             "-DUSE_CUDA=ON") from error  # fmt: skip
        return decord.gpu(device.index or 0)


def _attempt(cut: Cut, i: int, context) -> Tensor | str:
    """The clips of row ``i``, v t c h w, or why there are none."""
    try:
        return _clips(cut, i, context)
    except Broken as broken:
        return broken.reasons[i]
    except (decord.DECORDError, RuntimeError, ValueError, IndexError) as error:  # RuntimeError: of no video at all
        return f"decord cannot decode it: {reason_of(error)}"


def _clips(cut: Cut, i: int, context) -> UInt8[Tensor, "v t c h w"]:
    reader = decord.VideoReader(io.BytesIO(file(cut, i)), ctx=context, num_threads=1)
    refuse_other(cut, i, "decord", count=len(reader))
    return clips(cut, i, "decord", _read(reader, wanted(cut, i), cut.key_frames[i]))


def _read(reader: decord.VideoReader, numbers: np.ndarray, key_frames: np.ndarray) -> Iterator[np.ndarray]:
    """The wanted frames, by seeking where that can be trusted, else by decoding from the first frame on.

    decord finds a frame by its time, which an AVI with B-frames does not state, and takes a key frame's place in the
    file for its number, which B-frames that are shown before it make wrong: it would silently hand out other frames.
    """
    times = reader.get_frame_timestamp(np.arange(len(reader)))[:, 0]
    trusted = (np.diff(times) > 0).all() and np.array_equal(reader.get_key_indices(), key_frames)
    keep = set(numbers.tolist())
    for number in numbers.tolist() if trusted else range(int(numbers[-1]) + 1):
        frame = reader[number]
        if number in keep:
            yield _without_padding(frame.asnumpy())


def _without_padding(frame: np.ndarray) -> np.ndarray:
    """decord takes the padding of rows narrower than 64 pixels for a fourth channel; its batches fail on them."""
    height, width, _ = frame.shape
    return frame.reshape(height, -1)[:, : 3 * width].reshape(height, width, 3)
