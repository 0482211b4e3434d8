"""A table of files, or of encoded files: whatever somebody has as CSV, TSV or Parquet.

path,label,split,start,end
clips/0001.mp4,surfing,train,,
clips/0002.mp4,surfing,val,3.5,13.5

Only the path is needed. It may be absolute or leave the root; in a sample's name its odd parts are underscores.
A Parquet file may hold encoded files in place of paths. It is read by row groups: small ones, of 100 rows, are fast.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from shards.media import kind_of
from shards.refusal import Refusal
from shards.sample import Sample
from shards.sources.columns import columns_of, faulty, is_parquet, read_columns
from shards.sources.listing import Listing
from shards.sources.names import apart, numbered
from shards.sources.parquet import read_cell
from shards.sources.rows import Rows
from shards.sources.table_rows import Cell, File, Seen, extension_of, name_of

ROLES = ("path", "label", "split", "start", "end")


@dataclass(frozen=True)
class Table:
    """Files named in a CSV, TSV or Parquet file, or bytes in the latter, with their labels, splits and segments.

    The data and its terms are yours. Parquet needs pyarrow: `pip install "antipodal[parquet]"`.
    """

    file: Path
    """The table: .csv, .tsv, .parquet or .pq, with a header."""
    root: Path | None = None
    """Where relative paths start; unless given, the table's folder."""
    path: str = "path"
    """Column of paths."""
    label: str = "label"
    """Column of classes, words or numbers; without it there is one class, "unlabelled"."""
    split: str = "split"
    """Column of splits; without it all is "train"."""
    start: str = "start"
    """Column of seconds at which the sample starts in its video; empty for all of the video."""
    end: str = "end"
    """Column of seconds at which it ends."""
    content: str = "bytes"
    """Column of encoded files in Parquet, if named or if there is none of paths; image.bytes is a structure's field."""
    extension: str = ""
    """What the encoded files are: jpg, mp4, …"""

    def splits(self) -> Mapping[str, Listing]:
        columns, seen = self._columns(columns_of(self.file)), Seen()
        rows = Rows(File if "path" in columns else Cell, self._items(columns, seen))
        if not len(rows):
            why = f", such as: {seen.rejected[0].reason}" if seen.rejected else ""
            raise Refusal(f"{self.file} has no row that can be used{why}")
        if len(seen.kinds) > 1:
            raise Refusal(f"{self.file} mixes {dict(seen.kinds)}; give images and videos a table of their own")
        classes = sorted(seen.labels, key=lambda name: (int(name) if name.isdecimal() else math.inf, name))
        rank = np.argsort([seen.labels[name] for name in classes]).astype(np.int32)
        rows = rows.replace("label", rank[rows.column("label")])
        if "path" in columns:
            rows = rows.replace("before", numbered(map(name_of, rows.texts("path"))))
        (kind,), codes = seen.kinds, np.asarray(seen.codes)
        order = sorted(seen.splits, key=lambda split: (split != "train", split))
        return {
            split: Listing(kind, {"label": tuple(classes)}, rows.take(np.flatnonzero(codes == seen.splits[split])),
                           tuple(seen.rejected) if split == order[0] else ())
            for split in order
        }  # fmt: skip

    def samples(self, item: File | Cell) -> Iterator[Sample]:
        if isinstance(item, File):
            name, extension = apart(name_of(item.path), item.before), extension_of(item.path)
            content = ((self.root or self.file.parent) / item.path).read_bytes()
        else:
            name, extension = f"{item.group:06d}/{item.row:08d}", self.extension
            content = read_cell(self.file, self.content, item.group, item.row)
        segment = (item.start, item.end) if item.end else None
        yield Sample(name, {extension: content}, item.label, segment=segment)

    def _items(self, columns: Mapping[str, str], seen: Seen) -> Iterator[File | Cell]:
        for row in read_columns(self.file, [*columns.values()], seen.rejected):
            try:
                yield seen.understand(row, columns, self.extension)
            except Refusal as refusal:
                raise Refusal(f"{self.file}: {refusal}") from refusal
            except ValueError as error:
                seen.rejected.append(faulty(self.file, row.group, row.number, str(error)))

    def _columns(self, names: list[str]) -> dict[str, str]:
        """The table's columns by their roles."""
        usual, there = {option.name: option.default for option in fields(self)}, f"{self.file} has {', '.join(names)}"
        for role in (*ROLES, "content"):
            if (name := getattr(self, role)) not in names and name != usual[role]:
                raise Refusal(f"no column {name!r}, which --{role} names: {there}")
        found = {role: getattr(self, role) for role in ROLES if getattr(self, role) in names}
        if ("start" in found) != ("end" in found):
            raise Refusal(f"a segment needs --start and --end, and one of the two columns is missing: {there}")
        if "path" in found and self.content == usual["content"]:
            return found
        if self.content not in names or not is_parquet(self.file):
            raise Refusal(f"no column of paths: {there}; name it by --path, or, in Parquet, one of bytes by --content")
        if kind_of(self.extension) is None:
            raise Refusal(
                f"--extension {self.extension!r} is no image or video; say what {self.content!r} is: jpg, mp4, …"
            )
        return {role: name for role, name in found.items() if role != "path"}
