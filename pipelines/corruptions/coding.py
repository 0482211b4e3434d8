"""Clips through a video codec and back. One thread each: what x264 writes depends on how many there are."""

from collections.abc import Mapping

import numpy as np

from pipelines.coded import decode, encode
from pipelines.corruptions.corruption import Frames

X264 = {
    "preset": "veryfast",
    "tune": "zerolatency",  # a packet for each frame, in the order of showing
    "g": "12",  # frames from one key frame to the next
    "mbtree": "0",  # on one thread too it has once in a few hundred times given other bytes
}
FACTOR = (28, 33, 38, 43, 48)
"""x264's crf, where 18 is about invisible and 51 the worst."""
QUANTIZER = (5, 10, 16, 23, 31)
"""Of MPEG-4 Part 2, where 2 is about invisible and 31 the worst."""


def h264_compression(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """To H.264 and back. The severities are ours, no standard has any."""
    packets = encode(frames, "libx264", X264 | {"crf": str(FACTOR[severity - 1])})
    return _all(decode(packets, "h264", frames.shape), frames)


def mpeg4_compression(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """To MPEG-4 Part 2, whose blocks are coarse, and back. The severities are ours, no standard has any."""
    quantizer = str(QUANTIZER[severity - 1])
    packets = encode(frames, "mpeg4", {"g": X264["g"], "qmin": quantizer, "qmax": quantizer})
    return _all(decode(packets, "mpeg4", frames.shape), frames)


def _all(found: Mapping[int, Frames], frames: Frames) -> Frames:
    return np.stack([found[number] for number in range(len(frames))])
