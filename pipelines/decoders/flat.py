"""Clips of videos that are stored as one image per frame: a decoder of images sees one large batch of images."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import UInt8
from torch import Tensor

from pipelines.decoders.cut import Broken, Cut, Execute
from shards.sample import Buffer

NO_KEYS = np.zeros(0, np.int32)


def flat(execute: Execute) -> Execute:
    """A decoder of clips, made of one of images. Each frame is held against the size that the index states."""

    def clips(cut: Cut) -> UInt8[Tensor, "v b t c h w"]:
        refuse_missing(cut)
        try:
            pixels = execute(_pictures(cut))
        except Broken as broken:
            raise Broken(cut.names, _rows(cut, broken.reasons)) from broken
        return pixels.reshape(*cut.frames.shape, *pixels.shape[3:])

    return clips


def _pictures(cut: Cut) -> Cut:
    """The frames of all views, rows and times, in this order, as images with a box each."""
    views, rows, length = cut.frames.shape
    places = [(row, number) for view in cut.frames.tolist() for row, clip in enumerate(view) for number in clip]
    media = [_frames(cut, row)[number] for row, number in places]
    extent = np.tile(np.repeat(cut.extent, length, axis=0), (views, 1))
    extent[:, 0] = 1
    boxes = np.repeat(cut.boxes.reshape(views * rows, 4), length, axis=0)
    names = [f"{cut.names[row]} frame {number}" for row, number in places]
    return Cut(
        media, names, extent, [NO_KEYS] * len(media), np.zeros((1, len(media), 1), np.int64), boxes[None], cut.side
    )


def _frames(cut: Cut, row: int) -> Mapping[int, Buffer]:
    frames = cut.media[row]
    assert isinstance(frames, Mapping), "a video that is one file is opened as such"
    return frames


def refuse_missing(cut: Cut) -> None:
    """Refuse rows without a frame that is wanted of them.

    Raises: ``Broken``
    """
    wanted = [set(cut.frames[:, row].ravel().tolist()) for row in range(len(cut.media))]
    absent = {row: sorted(numbers - _frames(cut, row).keys()) for row, numbers in enumerate(wanted)}
    missing = {
        row: f"it has no frame {numbers[0]}, the index says (frames, height, width) = {tuple(cut.extent[row].tolist())}"
        for row, numbers in absent.items()
        if numbers
    }
    if missing:
        raise Broken(cut.names, missing)


def _rows(cut: Cut, reasons: dict[int, str]) -> dict[int, str]:
    """From reasons of single pictures to the first reason of each row."""
    _, rows, length = cut.frames.shape
    found: dict[int, str] = {}
    for place, reason in sorted(reasons.items()):
        number = cut.frames.ravel()[place]
        found.setdefault(place // length % rows, f"frame {number}: {reason}")
    return found
