"""Pixels to files: the same pixels always make the same bytes, whatever the machine's number of cores."""

import io
from collections.abc import Iterable
from fractions import Fraction
from itertools import chain

import av
import numpy as np
from PIL import Image


def jpeg(pixels: np.ndarray, quality: int = 90, subsampling: str = "4:2:0") -> bytes:
    """Encode one picture, uint8 of shape [h, w, 3]."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=subsampling)
    return file.getvalue()


def png(pixels: np.ndarray) -> bytes:
    """Encode one picture without loss, uint8 of shape [h, w, 3]."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def mp4(frames: np.ndarray, rate: Fraction = Fraction(25, 2), group: int = 12, crf: int = 18) -> bytes:
    """Encode one clip as H.264, uint8 of shape [t, h, w, 3] with even h and w; further arguments as of ``h264``."""
    return h264((av.VideoFrame.from_ndarray(pixels, "rgb24") for pixels in frames), rate, group, crf)


def h264(frames: Iterable[av.VideoFrame], rate: Fraction, group: int, crf: int) -> bytes:
    """Encode frames of even height and width as they come; only a few are held at a time.

    Args:
        frames: With a time base and times that rise; or with neither, then ``rate`` spaces them.
        rate: Frames per second, on average.
        group: Most frames from one key frame to the next. Groups are closed: each is decoded without the others.
        crf: x264's quality, lower is better; 18 is about invisible.
    """
    frames = iter(frames)
    first, file = next(frames), io.BytesIO()
    with av.open(file, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.height, stream.width, stream.pix_fmt = first.height, first.width, "yuv420p"
        stream.options = {
            "preset": "veryfast", "crf": str(crf), "g": str(group), "flags": "+bitexact",
            # three of four frames are B-frames, to which none refers: whoever wants few frames leaves the others out
            "bf": "3", "b_strategy": "0", "b-pyramid": "none",
            "coder": "vlc",  # a few percent larger, a third faster to decode
            "mbtree": "0",  # it has given other bytes once in a few hundred times, for the same frames, on one thread
        }  # fmt: skip
        codec = stream.codec_context
        codec.thread_count = 1  # x264's output depends on its number of threads
        if first.time_base is not None:
            codec.time_base = first.time_base
            # decoders choose the matrix from YUV to RGB by these
            codec.colorspace, codec.color_range = first.colorspace, first.color_range
            codec.color_primaries, codec.color_trc = first.color_primaries, first.color_trc
        for frame in chain([first], frames):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()
