"""A sample: one encoded image or video, as it lies on disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sample:
    """One encoded image or video and what is known about it."""

    name: str
    """Unique within its split; no dots, because a tar member's extension starts at the first one."""
    media: Mapping[str, bytes]
    """Encoded files by extension ("jpg", "mp4", "avi"); the first one is the image or the video itself."""
    label: int
    """Class index; it reaches no loss but the supervised ones."""
    facts: Mapping[str, int] = field(default_factory=dict)
    """Further class indices, by the name of what they classify ("shape", "texture", "motion")."""

    def __post_init__(self) -> None:
        if "." in self.name or not self.name:
            raise ValueError(f"a sample's name must be non-empty and without dots, got {self.name!r}")
        if not self.media:
            raise ValueError(f"sample {self.name!r} has no media")
