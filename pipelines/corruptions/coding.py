"""Clips through a video codec and back. One thread each: what x264 writes depends on how many there are."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from pipelines.corruptions.corruption import Frames

X264 = {
    "preset": "veryfast",
    "tune": "zerolatency",  # a packet for each frame, in the order of showing
    "g": "12",  # frames from one key frame to the next
    "mbtree": "0",  # on one thread too it has once in a few hundred times given other bytes
}
BEHIND = bytes(
    64
)  # decoders read a little beyond a packet; PyAV leaves there what was in memory, and they differ by it
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


def encode(frames: Frames, codec: str, options: Mapping[str, str]) -> list[bytes]:
    """A packet for each frame, with all that a decoder must know in the first."""
    even = [(0, 0), *((0, side % 2) for side in frames.shape[1:3]), (0, 0)]
    padded = np.pad(frames, even, mode="edge")  # colours are halved
    context = VideoCodecContext.create(codec, "w")
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
    context = VideoCodecContext.create(codec, "r")
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
        except av.error.FFmpegError:
            continue
        for frame in frames:
            if frame.pts in range(count) and frame.height >= height and frame.width >= width:
                found[frame.pts] = frame.to_ndarray(format="rgb24")[:height, :width]
    return found


def _all(found: Mapping[int, Frames], frames: Frames) -> Frames:
    return np.stack([found[number] for number in range(len(frames))])
