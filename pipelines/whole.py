"""Samples as they lie in shards, whole, for people to look at."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pipelines.decoders import Plain
from pipelines.decoders.cut import Cut
from shards.read import Shards
from shards.refusal import Refusal


def whole_samples(shards: Shards, samples: Sequence[int], side: int, length: int) -> Float[Tensor, "b t c h w"]:
    """Decode samples with the plain decoder.

    Args:
        side: Of the squares that whole pictures are fitted into, with black bars, in pixels.
        length: Frames, evenly spaced from the first to the last; 1 for images.

    Raises: ``Refusal`` that names the sample if one is not what was written.
    """
    numbers, index = np.asarray(samples), shards.index
    extent = index.extent[numbers].astype(np.int64)
    frames = np.linspace(0, extent[:, 0] - 1, length, axis=1).round().astype(np.int64)
    longest = extent[:, 1:].max(axis=1, keepdims=True)
    corners = (extent[:, 1:] - longest) // 2  # outside of the picture Pillow's crop is black
    boxes = np.concatenate([corners, longest, longest], axis=1)
    keys = [index.key_frames_of(i) for i in samples]
    if shards.stored == "frames":
        media = [shards.frames(i, clip) for i, clip in zip(samples, frames.tolist(), strict=True)]
    else:
        media = [shards.media(i) for i in samples]
    cut = Cut(media, index.name[numbers].tolist(), extent, keys, frames[None], boxes[None], side)
    execute = Plain().open(shards.stored, torch.device("cpu"), 1)
    return execute(cut)[0].float() / 255


def first_readable(
    shards: Shards, samples: Iterable[int], count: int, side: int, length: int
) -> tuple[list[int], Float[Tensor, "b t c h w"], list[Refusal]]:
    """The first ``count`` of the samples that can be decoded, their pixels, and why others before them cannot.

    Raises: ``Refusal`` if none can.
    """
    numbers, pixels, refusals = [], [], []
    for sample in samples:
        if len(numbers) == count:
            break
        try:
            pixels.append(whole_samples(shards, [sample], side, length))
            numbers.append(sample)
        except Refusal as refusal:
            refusals.append(refusal)
    if not numbers:
        raise Refusal(f"{shards.folder}: no sample can be decoded; the first: {refusals[0]}")
    return numbers, torch.cat(pixels), refusals
