"""ImageNet-C and Tiny-ImageNet-C: pictures that were corrupted in known ways, a split for each way and severity.

…/CORRUPTION/SEVERITY/CLASS/file, as the official archives hold them, below whatever further folders.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from shards.media import kind_of
from shards.refusal import Refusal
from shards.sample import Rejected, Sample
from shards.sources.listed import Item
from shards.sources.listing import Listing
from shards.sources.names import apart, numbered, printable, tidy
from shards.sources.official import shortfall
from shards.sources.places import Place, places, read_place
from shards.sources.rows import Rows

SEVERITIES = tuple("12345")
OFFICIAL = {1000: 50_000, 200: 10_000}  # pictures of a split, by the number of classes


@dataclass(frozen=True)
class ImageNetC:
    """ImageNet-C (zenodo.org/records/2235448), Tiny-ImageNet-C (2536630) and others of their layout.

    The code that made them is Apache-2.0; the pictures are ImageNet's validation images, whose terms allow
    non-commercial research and education only. Splits are called CORRUPTION-SEVERITY, such as gaussian_noise-3; all
    have the same classes.
    """

    root: Path
    """A folder with CORRUPTION/1 … 5/WNID/*.JPEG, or noise/CORRUPTION/…; or one of the official tars (noise.tar),
    which is read in place: one command for each, with the same --out."""

    def splits(self) -> Mapping[str, Listing]:
        names: dict[str, int] = {}
        groups: dict[str, int] = {}
        rejected: list[Rejected] = []
        rows = Rows(Item, self._items(names, groups, rejected))
        if not names:
            raise Refusal(f"{self.root} holds no corrupted images; expected CORRUPTION/1 … 5/CLASS/*.JPEG below it, or "
                          "one of the official tars, such as --root noise.tar")  # fmt: skip
        split = rows.column("label")  # so far the number of its split
        group = rows.column("before")  # so far that of its class
        classes = sorted(groups)
        labels = np.array([classes.index(name) for name in groups], np.int32)[group]
        rows = rows.replace("label", labels)
        rows = rows.replace("before", numbered(f"{s} {_name(i)}" for s, i in zip(split, rows, strict=True)))
        found = {}
        for name in sorted(names):
            numbers = np.flatnonzero(split == names[name])
            short = shortfall(name, len(numbers), OFFICIAL[len(classes)]) if len(classes) in OFFICIAL else []
            others, rejected = tuple(rejected), []  # what is of no split counts as one more of the first
            found[name] = Listing("image", {"label": printable(classes)}, rows.take(numbers), (*others, *short))
        return found

    def samples(self, item: Item) -> Iterator[Sample]:
        content = read_place(self.root, Place(item.path, item.offset, item.size))
        extension = PurePosixPath(item.path).suffix[1:].lower()
        yield Sample(apart(_name(item), item.before), {extension: content}, item.label)

    def _items(self, names: dict[str, int], groups: dict[str, int], rejected: list[Rejected]) -> Iterator[Item]:
        """Every picture, with the number of its split for a label and that of its class for ``before``."""
        for path, offset, size in places(self.root, rejected):
            if kind_of(PurePosixPath(path).suffix[1:].lower()) != "image":
                continue
            *_, corruption, severity, group, _file = ("", "", "", *path.split("/"))
            if corruption and severity in SEVERITIES:
                number = names.setdefault(f"{tidy(corruption)}-{severity}", len(names))
                yield Item(path, offset, size, number, groups.setdefault(group, len(groups)))
            else:
                rejected.append(Rejected(tidy(path), "lies in no folder CORRUPTION/SEVERITY/CLASS, severity 1 … 5"))


def _name(item: Item) -> str:
    *_, group, file = item.path.split("/")
    return tidy(f"{group}/{PurePosixPath(file).stem}")
