"""decord: clips of videos on the CPU; on a GPU with a build of decord that has CUDA."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import decord
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import UInt8
from torch import Tensor

from pipelines.decoders.cut import Broken, Cut, Execute, file, other_extent
from shards.media import Stored
from shards.refusal import Refusal, reason_of

BLOCK = 64  # frames that are resized at a time


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
            clips = list(pool.map(lambda i: _attempt(cut, i, context), range(len(cut.media))))
            broken = {i: clip for i, clip in enumerate(clips) if isinstance(clip, str)}
            if broken:
                raise Broken(cut.names, broken)
            return torch.stack([clip for clip in clips if isinstance(clip, Tensor)], dim=1)

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
    wanted, where = np.unique(cut.frames[:, i], return_inverse=True)
    where = where.reshape(cut.frames[:, i].shape)
    _refuse_other(cut, i, len(reader))
    out = torch.empty((*where.shape, 3, cut.side, cut.side), dtype=torch.uint8)
    frames = _read(reader, wanted, cut.key_frames[i])
    for start in range(0, len(wanted), BLOCK):  # a clip is one block; a whole video must not lie in memory
        pictures = _without_padding(np.stack([*islice(frames, BLOCK)]))
        _refuse_other(cut, i, len(reader), tuple(pictures.shape[1:3]))
        here = (where >= start) & (where < start + BLOCK)
        for v, box in enumerate(cut.boxes[:, i]):
            out[v, here[v]] = _resize(pictures[where[v, here[v]] - start], box, cut.side)
    return out


def _refuse_other(cut: Cut, i: int, frames: int, size: tuple[int, ...] | None = None) -> None:
    height, width = size or cut.extent[i, 1:].tolist()
    other = other_extent(cut, i, "decord", height, width, frames)
    if other:
        raise Broken(cut.names, {i: other})


def _read(reader: decord.VideoReader, wanted: np.ndarray, key_frames: np.ndarray) -> Iterator[np.ndarray]:
    """The wanted frames, by seeking where that can be trusted, else by decoding from the first frame on.

    decord finds a frame by its time, which an AVI with B-frames does not state, and takes a key frame's place in the
    file for its number, which B-frames that are shown before it make wrong: it would silently hand out other frames.
    """
    times = reader.get_frame_timestamp(np.arange(len(reader)))[:, 0]
    trusted = (np.diff(times) > 0).all() and np.array_equal(reader.get_key_indices(), key_frames)
    keep = set(wanted.tolist())
    for number in wanted.tolist() if trusted else range(int(wanted[-1]) + 1):
        frame = reader[number]
        if number in keep:
            yield frame.asnumpy()


def _without_padding(frames: np.ndarray) -> UInt8[Tensor, "t h w c"]:
    """decord takes the padding of rows narrower than 64 pixels for a fourth channel; its batches fail on them."""
    count, height, width, _ = frames.shape
    rows = frames.reshape(count, height, -1)[:, :, : 3 * width]
    return torch.from_numpy(rows.reshape(count, height, width, 3))


def _resize(pictures: UInt8[Tensor, "t h w c"], box: np.ndarray, side: int) -> UInt8[Tensor, "t c side side"]:
    top, left, height, width = (int(n) for n in box)
    part = pictures[:, top : top + height, left : left + width].permute(0, 3, 1, 2)
    return F.interpolate(part, (side, side), mode="bilinear", antialias=True, align_corners=False).contiguous()
