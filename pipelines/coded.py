"""Frames to packets of a video codec and back, here or in a child. It imports little, for a child has to start."""

import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext

from shards.child import Child

Frames = np.ndarray
"""uint8 [t, h, w, 3]"""
BEHIND = bytes(64)  # decoders read beyond a packet's end, where PyAV leaves whatever was in memory


def encode(frames: Frames, codec: str, options: Mapping[str, str]) -> list[bytes]:
    """A packet for each frame, with all that a decoder must know in the first."""
    even = [(0, 0), *((0, side % 2) for side in frames.shape[1:3]), (0, 0)]
    padded = np.pad(frames, even, mode="edge")  # colours are halved
    context: Any = VideoCodecContext.create(codec, "w")
    context.height, context.width, context.pix_fmt = *padded.shape[1:3], "yuv420p"
    context.time_base, context.framerate, context.thread_count = Fraction(1, 25), Fraction(25), 1
    context.options = dict(options)
    packets = []
    for number, pixels in enumerate(padded):
        frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
        frame.pts, frame.time_base = number, context.time_base
        packets += context.encode(frame)
    return [bytes(packet) for packet in [*packets, *context.encode()]]


def decode(packets: Iterable[bytes], codec: str, shape: tuple[int, ...]) -> dict[int, Frames]:
    """The frames that come out, by number, uint8 [h, w, 3]; the packets' numbers are their places, empty ones are lost.

    What cannot be decoded is left out; what can be in part is completed by the decoder's own guesses.
    """
    count, height, width = shape[:3]
    context: Any = VideoCodecContext.create(codec, "r")
    context.thread_count = 1
    context.options = {"flags": "+output_corrupt", "flags2": "+showall"}
    found = {}
    for number, content in enumerate([*packets, None]):
        if content == b"":
            continue
        packet = None if content is None else av.Packet(content + BEHIND)
        if packet is not None:
            packet.pts = packet.dts = number
        try:
            frames = context.decode(packet)
        except FFmpegError:
            continue
        for frame in frames:
            if frame.pts in range(count) and frame.height >= height and frame.width >= width:
                found[frame.pts] = frame.to_ndarray(format="rgb24")[:height, :width]
    return found


def ask(child: Child, packets: list[bytes], shape: tuple[int, ...]) -> dict[int, Frames]:
    """``decode`` of H.264 by a ``child`` of ``answer``: packets that kill a decoder kill nobody else.

    Raises: ``Died``.
    """
    head = json.dumps({"sizes": [len(packet) for packet in packets], "shape": shape}).encode()
    said, _, pixels = child.ask(b"\n".join([head, b"".join(packets)])).partition(b"\n")
    numbers = [int(number) for number in json.loads(said)]
    return dict(zip(numbers, np.frombuffer(pixels, np.uint8).reshape(len(numbers), *shape[1:]), strict=True))


def answer(question: bytes) -> bytes:
    """Runs in the child: numbers of the frames that come out, rising, and their pixels."""
    head, _, content = question.partition(b"\n")
    asked = json.loads(head)
    stops = np.cumsum(asked["sizes"]).tolist()
    packets = [content[stop - size : stop] for size, stop in zip(asked["sizes"], stops, strict=True)]
    found = decode(packets, "h264", tuple(asked["shape"]))
    return b"\n".join([json.dumps(sorted(found)).encode(), b"".join(found[n].tobytes() for n in sorted(found))])
