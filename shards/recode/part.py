"""What recoding makes of one file."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """What becomes of a file, or of a stretch of it."""

    suffix: str
    """Appended to the sample's name: "" for all of it, "-000", "-001" … for chunks."""
    media: Mapping[str, bytes]
    """By extension; the first is the image or the video, or its first frame."""
    origin: tuple[int, int, int]
    """Which frames of the original: first, one past the last, step; a picture is (0, 1, 1)."""
    rate: tuple[int, int] | None = None
    """Frames per second, numerator and denominator; ``None`` where the medium itself says."""
