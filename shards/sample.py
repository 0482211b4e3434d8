"""A sample: one encoded image or video, as it lies on disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Buffer = bytes | memoryview
"""An encoded file, or where it lies in a tar that is mapped into memory."""


@dataclass(frozen=True)
class Sample:
    """One encoded image or video and what is known about it."""

    name: str
    """Unique within its split, at most ``/`` between its parts. No dots, because a tar member's extension starts at the
    first one; so no name climbs out of the folder that a tar is unpacked into."""
    media: Mapping[str, bytes]
    """Encoded files by extension ("jpg", "mp4", "avi"); the first one is the image or the video itself."""
    label: int
    """Class index; it reaches no loss but the supervised ones."""
    facts: Mapping[str, int] = field(default_factory=dict)
    """Further class indices, by the name of what they classify ("shape", "texture", "motion")."""
    segment: tuple[float, float] | None = None
    """Start and end, in seconds, of the part of a video that the sample is; ``None`` is all of it."""

    def __post_init__(self) -> None:
        if "." in self.name or not self.name or self.name.startswith("/") or not self.name.isprintable():
            raise ValueError(
                f"a sample's name must be printable, without dots and without a leading slash, got {self.name!r}; "
                "shards.sources.names.tidy makes such a name"
            )
        if not self.media:
            raise ValueError(f"sample {self.name!r} has no media")
        if self.segment is not None and not 0 <= self.segment[0] < self.segment[1]:
            raise ValueError(f"sample {self.name!r}: a segment must end after it starts, got {self.segment} seconds")


@dataclass(frozen=True)
class Rejected:
    """A sample that was left out."""

    name: str
    reason: str
