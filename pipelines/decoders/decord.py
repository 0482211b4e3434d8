"""decord: clips of videos on the CPU; on a GPU with a build of decord that has CUDA."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import decord
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import UInt8
from torch import Tensor

from pipelines.decoders.cut import Cut, Execute, check_extent
from shards.media import Kind
from shards.refusal import Refusal


@dataclass(frozen=True)
class Decord:
    """decord: one thread per video, frames by number. Videos only."""

    gpu: bool = False
    """Decode on the GPU. The wheel on PyPI has no CUDA: build decord with -DUSE_CUDA=ON for this."""

    @property
    def library(self) -> str:
        return f"decord {decord.__version__}"

    def open(self, kind: Kind, device: torch.device, threads: int) -> Execute:
        if kind != "video":
            raise Refusal(
                "decoder decord decodes videos, these shards hold images; use decoder:dali, or an image recipe"
            )
        context = self._context(device)
        pool = ThreadPoolExecutor(threads, "decord")

        def execute(cut: Cut) -> UInt8[Tensor, "v b t c h w"]:
            clips = list(pool.map(lambda i: _clips(cut, i, context), range(len(cut.media))))
            return torch.stack(clips, dim=1)

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


def _clips(cut: Cut, i: int, context) -> UInt8[Tensor, "v t c h w"]:
    try:
        reader = decord.VideoReader(io.BytesIO(cut.media[i]), ctx=context, num_threads=1)
        wanted, where = np.unique(cut.frames[:, i], return_inverse=True)
        pictures = _read(reader, wanted, cut.key_frames[i]) if len(reader) > wanted[-1] else None
    except (decord.DECORDError, RuntimeError) as error:  # RuntimeError: what VideoReader raises of no video at all
        raise Refusal(f"sample {cut.names[i]!r}: decord cannot decode it: {error}") from error
    height, width = cut.extent[i, 1:] if pictures is None else pictures.shape[1:3]
    check_extent(cut, i, "decord", int(height), int(width), len(reader))
    assert pictures is not None, "a count of frames that leaves out a wanted one has just been refused"
    views = zip(torch.from_numpy(where.reshape(cut.frames[:, i].shape)), cut.boxes[:, i], strict=True)
    return torch.stack([_resize(pictures[numbers], box, cut.side) for numbers, box in views])


def _read(reader: decord.VideoReader, wanted: np.ndarray, key_frames: np.ndarray) -> UInt8[Tensor, "t h w c"]:
    """The wanted frames, by seeking where that can be trusted, else by decoding from the first frame on.

    decord finds a frame by its time, which an AVI with B-frames does not state, and takes a key frame's place in the
    file for its number, which B-frames that are shown before it make wrong: it would silently hand out other frames.
    """
    times = reader.get_frame_timestamp(np.arange(len(reader)))[:, 0]
    trusted = (np.diff(times) > 0).all() and np.array_equal(reader.get_key_indices(), key_frames)
    keep, frames = set(wanted.tolist()), []
    for number in wanted.tolist() if trusted else range(int(wanted[-1]) + 1):
        frame = reader[number]
        if number in keep:
            frames.append(frame.asnumpy())
    return _without_padding(np.stack(frames))


def _without_padding(frames: np.ndarray) -> UInt8[Tensor, "t h w c"]:
    """decord takes the padding of rows narrower than 64 pixels for a fourth channel; its batches fail on them."""
    count, height, width, _ = frames.shape
    rows = frames.reshape(count, height, -1)[:, :, : 3 * width]
    return torch.from_numpy(rows.reshape(count, height, width, 3))


def _resize(pictures: UInt8[Tensor, "t h w c"], box: np.ndarray, side: int) -> UInt8[Tensor, "t c side side"]:
    top, left, height, width = (int(n) for n in box)
    part = pictures[:, top : top + height, left : left + width].permute(0, 3, 1, 2)
    return F.interpolate(part, (side, side), mode="bilinear", antialias=True, align_corners=False).contiguous()
