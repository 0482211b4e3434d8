"""What a source promises: to list its splits without opening a media file, and to fetch any one item on demand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from shards.media import Kind
from shards.sample import Rejected, Sample


@dataclass(frozen=True)
class Listing:
    """One split, before any of its media files is opened."""

    kind: Kind
    classes: Mapping[str, tuple[str, ...]]
    """Class names: under "label" those of ``Sample.label``, then one entry per fact. Where nothing is known of classes,
    "label" has one name ("unlabelled"), and every label is 0."""
    items: Sequence[Any]
    """What ``Source.samples`` fetches; picklable, so that shards can be made in parallel. Large data sets list ``Rows``
    (``shards/sources/rows.py``), so that ten million fit into a gigabyte."""
    rejected: Sequence[Rejected] = ()
    """What the data set's own lists name but cannot be had (a missing video, a row that makes no sense), with reasons:
    it is counted and listed in ``quarantine.jsonl``."""
    whole: bool = False
    """Whether an item is a whole tar of samples, which makes a shard of its own."""


@runtime_checkable
class Source(Protocol):
    """A data set as it was found. A source is a frozen dataclass; its fields are the command line's options."""

    def splits(self) -> Mapping[str, Listing]:
        """Every split by name ("train", "test"), in a fixed order.

        Raises: ``Refusal`` if what was given is no such data set, with the layout that was expected.
        """
        ...

    def samples(self, item: Any) -> Iterator[Sample | Rejected]:
        """Fetch what ``item`` stands for: mostly one sample, or why there is none. A pure function of ``item``.

        Raises: ``Refusal`` or ``OSError`` if it cannot be had; the item is then left out, with that reason.
        """
        ...
