"""From a video's frames, as a decoder hands them out, to the clips of one row."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import UInt8
from torch import Tensor

from pipelines.decoders.cut import Broken, Cut, other_extent

BLOCK = 64  # frames that are resized at a time: a clip is one block; a whole video must not lie in memory


def wanted(cut: Cut, i: int) -> np.ndarray:
    """The numbers of the frames that any view wants of row ``i``, rising, each once."""
    return np.unique(cut.frames[:, i])


def clips(cut: Cut, i: int, decoder: str, frames: Iterator[np.ndarray]) -> UInt8[Tensor, "v t c h w"]:
    """Cut the views' boxes out of the ``wanted`` frames, uint8 [h, w, 3], and resize them.

    Raises: ``Broken`` if a frame is of another size than the index says.
    """
    numbers = cut.frames[:, i]
    where = np.searchsorted(wanted(cut, i), numbers)
    out = torch.empty((*numbers.shape, 3, cut.side, cut.side), dtype=torch.uint8)
    for start in range(0, int(where.max()) + 1, BLOCK):
        pictures = [*islice(frames, BLOCK)]
        for picture in pictures:
            refuse_other(cut, i, decoder, size=picture.shape[:2])
        here = (where >= start) & (where < start + BLOCK)
        for v, (top, left, height, width) in enumerate(cut.boxes[:, i].tolist()):
            if here[v].any():
                parts = [pictures[n][top : top + height, left : left + width] for n in where[v, here[v]] - start]
                out[v, here[v]] = _resize(torch.from_numpy(np.stack(parts)), cut.side)
    return out


def refuse_other(cut: Cut, i: int, decoder: str, count: int | None = None, size: tuple[int, ...] | None = None) -> None:
    """Raise ``Broken`` if row ``i`` has another number of frames, or another size, than the index says."""
    height, width = size or cut.extent[i, 1:].tolist()
    other = other_extent(cut, i, decoder, height, width, count)
    if other:
        raise Broken(cut.names, {i: other})


def _resize(pictures: UInt8[Tensor, "t h w c"], side: int) -> UInt8[Tensor, "t c side side"]:
    last = pictures.permute(0, 3, 1, 2)  # channels last, for which torch has a kernel of its own
    return F.interpolate(last, (side, side), mode="bilinear", antialias=True, align_corners=False)
