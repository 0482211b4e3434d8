"""Pixels to files: the same pixels always make the same bytes, whatever the machine's number of cores."""

import io
from fractions import Fraction

import av
import numpy as np
from PIL import Image


def jpeg(pixels: np.ndarray, quality: int = 90, subsampling: str = "4:2:0") -> bytes:
    """Encode one picture, uint8 of shape [h, w, 3]."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=subsampling)
    return file.getvalue()


def mp4(frames: np.ndarray, rate: Fraction = Fraction(25, 2), group: int = 12, crf: int = 18) -> bytes:
    """Encode one clip as H.264, uint8 of shape [t, h, w, 3] with even h and w.

    Args:
        rate: Frames per second.
        group: Most frames from one key frame to the next.
        crf: x264's quality, lower is better; 18 is about invisible.
    """
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "yuv420p"
        stream.options = {"preset": "veryfast", "crf": str(crf), "g": str(group), "bf": "2", "flags": "+bitexact"}
        stream.codec_context.thread_count = 1  # x264's output depends on its number of threads
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())
    return file.getvalue()
