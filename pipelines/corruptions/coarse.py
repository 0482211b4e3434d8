"""Coarser pictures: squares of one colour, and JPEG."""

import io

import numpy as np
import simplejpeg
from PIL import Image

from pipelines.corruptions.corruption import Frames
from pipelines.corruptions.scale import Scale

PIXELATE = Scale((0.95, 0.9, 0.85, 0.75, 0.65), (0.9, 0.8, 0.7, 0.6, 0.5), (0.6, 0.5, 0.4, 0.3, 0.25))
"""Size of the small picture, as a share of the side."""
QUALITY = Scale((80, 65, 58, 50, 40), (65, 58, 50, 40, 25), (25, 18, 15, 10, 7))
"""Of JPEG, colour halved both ways."""


def pixelate(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """Smaller and larger again, by means over boxes."""
    side = frames.shape[1]
    small = int(side * PIXELATE.at(frames, severity))
    return np.stack([_resized(_resized(Image.fromarray(frame), small), side) for frame in frames])


def jpeg_compression(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """To JPEG and back. Pillow encodes, as for ImageNet-C: simplejpeg makes slightly other files of a quality."""
    coded = [_encoded(frame, QUALITY.at(frames, severity)) for frame in frames]
    return np.stack([simplejpeg.decode_jpeg(code, fastdct=False, fastupsample=False) for code in coded])


def _encoded(frame: np.ndarray, quality: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(frame).save(file, "JPEG", quality=quality)
    return file.getvalue()


def _resized(picture: Image.Image, side: int) -> Image.Image:
    return picture.resize((side, side), Image.Resampling.BOX)
