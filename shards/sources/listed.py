"""Data sets whose lists lie apart from their videos: each entry finds its video by name, in whatever folder it is."""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import xxhash

from shards.media import kind_of
from shards.refusal import Refusal
from shards.sample import Rejected, Sample
from shards.sources.listing import Listing
from shards.sources.names import apart, numbered, tidy
from shards.sources.places import Place, places, read_place
from shards.sources.rows import Rows

Faults = defaultdict[str, list[Rejected]]
"""By split, what its lists name but cannot be had."""


class Entry(NamedTuple):
    """What a list says of one video."""

    split: str
    """Empty for a video that the data set itself leaves out."""
    key: str
    label: str
    """The class's name; empty where the list does not tell."""
    where: str
    """The place in the list, for people."""


class Item(NamedTuple):
    """One file: where it lies, its class, and which it is of those whose names are alike."""

    path: str
    offset: int
    size: int
    label: int
    before: int


def listings(
    root: Path, classes: Sequence[str], entries: Iterable[Entry], key: Callable[[PurePosixPath], str], faults: Faults,
    layout: str,
) -> dict[str, Listing]:  # fmt: skip
    """Every split that ``entries`` name. A split without any label has one class, "unlabelled".

    A video that is missing or named again goes to ``faults``; those that no entry names count as one more of the first
    split. ``key`` makes of a video's path what entries call it.

    Raises: ``Refusal`` with the ``layout`` that was expected if no video is found.
    """
    if root.suffix.lower() == ".rar":
        raise Refusal(f"--root {root} is a RAR, which cannot be read here; expected {layout}")
    videos, numbers = _Videos(root, key, links := []), defaultdict(lambda: array("q"))
    of = {name: index for index, name in enumerate(classes)}
    labels, taken = np.full(len(videos.rows), -1, np.int32), np.zeros(len(videos.rows), bool)
    for split, name, label, where in entries:
        if (number := videos.find(name)) is None:
            reason = f"missing: {where} names it, and no such video lies in {root}"
        elif taken[number]:
            reason = f"named again in {where}"
        elif label and label not in of:
            reason = f"{where} calls its class {label!r}, which the list of classes does not have"
        else:
            taken[number], labels[number], reason = True, of.get(label, -1), ""
            if split:
                numbers[split].append(number)
        if reason and split:
            faults[split].append(Rejected(tidy(name), reason))
    if not numbers:
        raise Refusal(f"{root} holds none of the videos that the lists name; expected {layout}")
    faults[next(iter(numbers))] += [*links, *_strangers(videos.rows, np.flatnonzero(~taken))]
    return {split: _listing(videos.rows, labels, np.asarray(numbers.get(split, ()), np.int64), classes, faults[split])
            for split in dict.fromkeys([*numbers, *faults])}  # fmt: skip


def fetch(root: Path, item: Item) -> Iterator[Sample]:
    content, extension = read_place(root, Place(*item[:3])), PurePosixPath(item.path).suffix[1:].lower()
    yield Sample(apart(_name(item), item.before), {extension: content}, item.label)


def read_lines(file: Path) -> list[tuple[int, str]]:
    """The lines of a list with their numbers, without the blank ones.

    Raises: ``Refusal`` if there is no such list.
    """
    if not file.is_file():
        raise Refusal(f"the list {file} is missing; check --lists, or fetch the lists again")
    lines = file.read_text("utf-8-sig", "surrogateescape").split("\n")
    return [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]


def _listing(
    rows: Rows[Item], labels: np.ndarray, numbers: np.ndarray, classes: Sequence[str], rejected: list[Rejected]
) -> Listing:
    known = labels[numbers] >= 0
    labelled = bool(known.any()) or not len(numbers)
    if labelled:
        rejected += [Rejected(_name(rows[int(i)]), "its list has no label for it") for i in numbers[~known]]
        numbers = numbers[known]
    before = np.zeros(len(rows), np.int32)
    before[numbers] = numbered(_name(rows[int(i)]) for i in numbers)
    rows = rows.replace("label", np.maximum(labels, 0)).replace("before", before).take(numbers)
    return Listing("video", {"label": tuple(classes) if labelled else ("unlabelled",)}, rows, tuple(rejected))


def _strangers(rows: Rows[Item], numbers: np.ndarray) -> list[Rejected]:
    if not len(numbers):
        return []
    others = f", like {len(numbers) - 1} more" if len(numbers) > 1 else ""
    first = rows[int(numbers[0])]
    return [Rejected(_name(first), f"{first.path!r} is in no list{others}")]


def _name(item: Item) -> str:
    return tidy(PurePosixPath(item.path).stem)


class _Videos:
    """The videos below a root; found by hashes, because a dictionary would take ten times the memory."""

    def __init__(self, root: Path, key: Callable[[PurePosixPath], str], links: list[Rejected]):
        found = (Item(*place, 0, 0) for place in places(root, links)
                 if kind_of(PurePosixPath(place.path).suffix[1:].lower()) == "video")  # fmt: skip
        self.rows, self._key = Rows(Item, found), key
        hashes = (_hash(key(PurePosixPath(path))) for path in self.rows.texts("path"))
        unordered = np.fromiter(hashes, np.uint64, len(self.rows))
        self._order = np.argsort(unordered, kind="stable")  # of videos named alike the first one is found
        self._hashes = unordered[self._order]

    def find(self, name: str) -> int | None:
        wanted = np.uint64(_hash(name))
        place = int(np.searchsorted(self._hashes, wanted))
        if place == len(self._hashes) or self._hashes[place] != wanted:
            return None
        number = int(self._order[place])
        return number if self._key(PurePosixPath(self.rows[number].path)) == name else None


def _hash(name: str) -> int:
    return xxhash.xxh3_64_intdigest(name.encode("utf-8", "surrogateescape"))
