"""The border between recoding and writing."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """What becomes of a file, or of a stretch of it."""

    suffix: str
    """Appended to the sample's name: nothing for all of a file or segment, "-000", "-001" … for its chunks."""
    media: Mapping[str, bytes]
    """Encoded files by extension; the first is the image or the video, or its first frame."""
    origin: tuple[int, int, int]
    """Which frames of the original these are: first, one past the last, step. An image is (0, 1, 1)."""
    rate: tuple[int, int] | None = None
    """Frames per second, where the encoded files themselves cannot say it; 0/1 where the original did not either."""
