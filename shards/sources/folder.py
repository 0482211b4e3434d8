"""A folder of class folders, of images or of videos, alone or below split folders, as it lies or as one plain tar.

root/class/…/file            one split, named "train"
root/train/class/…/file      as many splits as there are folders with a split's name

ImageNet-R, ImageNet-Sketch and Stylized-ImageNet are such folders, with wnids for classes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from shards.media import Kind, kind_of
from shards.refusal import Refusal
from shards.sample import Rejected, Sample
from shards.sources.listing import Listing
from shards.sources.names import apart, numbered, printable, tidy
from shards.sources.places import Place, places, read_place
from shards.sources.rows import Rows

SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
Folders = tuple[str, ...]
"""The first two folders of a path, or the only one."""


class Item(NamedTuple):
    """One file: where it lies, its class and, because names are made of paths, which of those named alike it is."""

    path: str
    offset: int
    size: int
    depth: int
    """Which folder of the path is the class."""
    label: int
    before: int


@dataclass(frozen=True)
class Folder:
    """Files under one folder per class, optionally below folders named train, val, test."""

    root: Path
    """The folder, or an uncompressed tar of it (read in place, nothing is unpacked)."""

    def splits(self) -> Mapping[str, Listing]:
        groups: dict[Folders, int] = {}
        kinds: Counter[Kind] = Counter()
        rejected: list[Rejected] = []
        rows = Rows(Item, self._items(groups, kinds, rejected))
        depth = int(self._has_splits(groups))
        classes = tuple(sorted({folders[depth] for folders in groups if len(folders) > depth}))
        if not classes:
            raise Refusal(f"{self.root} holds no class folders with images or videos; expected ROOT/CLASS/FILE")
        if len(kinds) > 1:
            raise Refusal(f"{self.root} mixes {dict(kinds)}; give images and videos a root of their own")
        group = rows.column("label")  # so far the number of its folders
        labels = np.array([classes.index(f[depth]) if len(f) > depth else -1 for f in groups], np.int32)[group]
        splits = np.array([SPLITS[folders[0].lower()] if depth else "train" for folders in groups])[group]
        rows = rows.replace("label", labels).replace("depth", np.full(len(rows), depth, np.int8))
        rows = rows.replace("before", numbered(f"{s} {_name(item)}" for s, item in zip(splits, rows, strict=True)))
        found = {split: np.flatnonzero((splits == split) & (labels >= 0)) for split in ("train", "val", "test")}
        first = next(split for split, numbers in found.items() if len(numbers))
        return {
            split: Listing(kinds.most_common()[0][0], {"label": printable(classes)}, rows.take(numbers),
                           tuple(rejected) if split == first else ())
            for split, numbers in found.items() if len(numbers)
        }  # fmt: skip

    def samples(self, item: Item) -> Iterator[Sample]:
        content = read_place(self.root, Place(item.path, item.offset, item.size))
        extension = PurePosixPath(item.path).suffix[1:].lower()
        yield Sample(apart(_name(item), item.before), {extension: content}, item.label)

    def _items(self, groups: dict[Folders, int], kinds: Counter[Kind], rejected: list[Rejected]) -> Iterator[Item]:
        for path, offset, size in places(self.root, rejected):
            kind, folders = kind_of(PurePosixPath(path).suffix[1:].lower()), tuple(path.split("/", 2)[:-1])
            if kind and folders:
                kinds[kind] += 1
                yield Item(path, offset, size, 0, groups.setdefault(folders, len(groups)), 0)

    def _has_splits(self, groups: Mapping[Folders, int]) -> bool:
        others = sorted({folders[0] for folders in groups if folders[0].lower() not in SPLITS})
        if others and any(len(folders) > 1 and folders[0].lower() in SPLITS for folders in groups):
            raise Refusal(  # a class may be named "train", but not hold folders
                f"{self.root} holds split folders and others beside them ({', '.join(others[:5])}); "
                "move the others away, or give --root one split"
            )
        return not others


def _name(item: Item) -> str:
    parts = item.path.split("/")
    return tidy(f"{parts[item.depth]}/{PurePosixPath(parts[-1]).stem}")
