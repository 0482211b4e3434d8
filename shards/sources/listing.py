"""What a source promises: to list its splits without opening a media file, and to fetch any one sample on demand."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from shards.media import Kind
from shards.sample import Sample


@dataclass(frozen=True)
class Listing:
    """One split, before any of its media files is opened."""

    kind: Kind
    classes: Mapping[str, tuple[str, ...]]
    """Class names: under "label" those of ``Sample.label``, then one entry per fact."""
    items: Sequence[Hashable]
    """What ``Source.sample`` turns into a sample; small and picklable, so that shards can be made in parallel."""


@runtime_checkable
class Source(Protocol):
    """A data set as it was found. A source is a frozen dataclass; its fields are the command line's options."""

    def splits(self) -> Mapping[str, Listing]:
        """Every split by name ("train", "test"), in a fixed order."""
        ...

    def sample(self, item: Any) -> Sample:
        """Fetch one sample; a pure function of ``item``."""
        ...
