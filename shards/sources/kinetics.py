"""Kinetics 400, 600 and 700: one CSV per split, and clips that are already cut to their ten seconds.

annotations/train.csv    label,youtube_id,time_start,time_end,split[,is_cc]
annotations/val.csv      (also validate.csv; ActivityNet's columns are label-name,video-id,start-time,end-time)
annotations/test.csv     (label missing or empty in some releases)

train/ID_000019_000029.mp4             CVDF (https://github.com/cvdfoundation/kinetics-dataset)
train/CLASS/ID_000019_000029.mp4       the downloaders that make class folders, with spaces or underscores

Both are found by the file's name alone; times are in seconds, six digits each.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shards.refusal import Refusal
from shards.sample import Sample
from shards.sources.columns import columns_of, faulty, read_columns
from shards.sources.listed import Entry, Faults, Item, fetch, listings
from shards.sources.listing import Listing
from shards.sources.rows import Rows

LAYOUT = "[CLASS/]ID_START_END.mp4, such as train/-3B32lodo2M_000059_000069.mp4, in the folders train, val, test"
SPLITS = {"train": "train", "training": "train", "test": "test", "testing": "test",
          **dict.fromkeys(("val", "valid", "validate", "validation"), "val")}  # fmt: skip
COLUMNS = {  # ours → as DeepMind and CVDF, and as ActivityNet's crawler call them
    "label": ("label", "label-name"),
    "id": ("youtube_id", "video-id"),
    "start": ("time_start", "start-time"),
    "end": ("time_end", "end-time"),
    "split": ("split", "subset"),
}


@dataclass(frozen=True)
class Kinetics:
    """Kinetics: up to 650 000 ten-second clips of 400, 600 or 700 actions.

    From https://github.com/cvdfoundation/kinetics-dataset. Terms: CC BY 4.0 (Google) for the annotations; the videos
    belong to those who put them on YouTube. Many are gone: what is missing is listed as left out. A test list without
    labels becomes a split of one class, "unlabelled".
    """

    root: Path
    """The folder with the videos of all splits, or an uncompressed tar of it."""
    lists: Path
    """The folder with train.csv, val.csv, test.csv; any of them may be absent."""

    def splits(self) -> Mapping[str, Listing]:
        faults, files = Faults(list), {}
        for file in sorted(self.lists.glob("*.csv")):
            if split := SPLITS.get(re.split("[^a-z]", file.stem.lower())[-1]):
                files[file] = split
        if not files:
            raise Refusal(f"--lists {self.lists} has no train.csv, val.csv or test.csv; give the folder annotations")
        entries = Rows(Entry, (entry for file, split in files.items() for entry in _entries(file, split, faults)))
        classes = sorted({entry.label for entry in entries} - {""})
        found = listings(self.root, classes, entries, lambda path: path.stem, faults, LAYOUT)
        return {split: found[split] for split in ("train", "val", "test") if split in found}

    def samples(self, item: Item) -> Iterator[Sample]:
        yield from fetch(self.root, item)


def _entries(file: Path, split: str, faults: Faults) -> Iterator[Entry]:
    header = columns_of(file)
    columns = {ours: name for ours, names in COLUMNS.items() for name in names if name in header}
    if missing := [COLUMNS[ours][0] for ours in ("id", "start", "end") if ours not in columns]:
        raise Refusal(f"{file} has {', '.join(header)}, but no {', '.join(missing)}; give it the official header")
    for group, number, values in read_columns(file, [*columns.values()], faults[split]):
        try:
            yield _entry(dict(zip(columns, map(str.strip, values), strict=True)), split, f"{file.name}, row {number}")
        except (ValueError, OverflowError) as error:  # the latter of an endless time
            faults[split].append(faulty(file, group, number, str(error)))


def _entry(found: Mapping[str, str], split: str, where: str) -> Entry:
    """Raises: ``ValueError`` if the row makes no sense."""
    start, end = (round(float(found[time])) for time in ("start", "end"))
    if not 0 <= start < end:
        raise ValueError(f"starts at {start} s and ends at {end} s")
    if not found["id"]:
        raise ValueError("has no YouTube id")
    if found.get("split"):
        split = SPLITS.get(found["split"].lower(), "")
    if not split:
        raise ValueError(f"has an unknown split, {found['split']!r}")
    return Entry(split, f"{found['id']}_{start:06d}_{end:06d}", found.get("label", ""), where)
