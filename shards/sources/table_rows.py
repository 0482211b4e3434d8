"""What the row of a table means, and what all of them have in common."""

import math
import re
from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from shards.media import Kind, kind_of
from shards.refusal import Refusal
from shards.sample import Rejected
from shards.sources.columns import Cells
from shards.sources.folder import SPLITS
from shards.sources.names import tidy
from shards.sources.rows import Small

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
MOST_SPLITS = 100


class File(NamedTuple):
    """A file by its path, and which it is of those whose names are alike."""

    path: str
    label: Small
    before: Small
    start: float
    end: float
    """In seconds; 0 stands for all of the video."""


class Cell(NamedTuple):
    """Bytes in a Parquet file, by their row group and the row in it."""

    group: int
    row: int
    label: Small
    start: float
    end: float


@dataclass
class Seen:
    """What the rows so far have in common. Labels and splits are numbered as they come."""

    labels: dict[str, int] = field(default_factory=dict)
    splits: dict[str, int] = field(default_factory=dict)
    codes: array = field(default_factory=lambda: array("b"))
    """The split of each item."""
    kinds: Counter[Kind] = field(default_factory=Counter)
    rejected: list[Rejected] = field(default_factory=list)

    def understand(self, row: Cells, columns: Mapping[str, str], extension: str) -> File | Cell:
        """Raises: ``ValueError`` if the row makes no sense, ``Refusal`` if the whole table does not."""
        value = dict(zip(columns, row.values, strict=True))
        path, label = value.get("path", ""), value.get("label", "unlabelled")
        if URL.match(path):
            raise Refusal(f"row {row.number} names a URL ({path}); download the files, and name them by path")
        if (kind := kind_of(extension_of(path) if "path" in columns else extension)) is None or "\0" in path:
            raise ValueError(f"names neither an image nor a video: {path!r}")
        if not label:
            raise ValueError("has no label")
        segment = _segment(value.get("start", ""), value.get("end", ""), kind)
        split = _split(value.get("split", "train"))
        self.kinds[kind] += 1
        self.codes.append(self.splits.setdefault(split, len(self.splits)))
        if len(self.splits) > MOST_SPLITS:
            raise Refusal(
                f"there are more than {MOST_SPLITS} splits, such as {split!r}; name another column by --split"
            )
        number = self.labels.setdefault(label, len(self.labels))
        return File(path, number, 0, *segment) if path else Cell(row.group, row.number, number, *segment)


def name_of(path: str) -> str:
    return tidy(path.rpartition(".")[0])


def extension_of(path: str) -> str:
    return path.rpartition(".")[2].lower()


def _split(said: str) -> str:
    if not said.strip():
        raise ValueError("has no split")
    return SPLITS.get(said.strip().lower(), tidy(said).replace("/", "_"))  # it becomes the name of a folder


def _segment(start: str, end: str, kind: Kind) -> tuple[float, float]:
    if {start, end} <= {"", "nan"}:  # pandas writes nan
        return 0.0, 0.0
    if kind == "image":
        raise ValueError("gives an image a segment")
    first, last = float(start), float(end)
    if not 0 <= first < last < math.inf:
        raise ValueError(f"has a segment from {start} s to {end} s")
    return first, last
