"""HMDB51: a RAR of one RAR per class, and the three official splits in one text file per class.

mkdir hmdb51 && unrar x hmdb51_org.rar hmdb51/ && (cd hmdb51 && for f in *.rar; do unrar x "$f"; done)
unrar x test_train_splits.rar

hmdb51/brush_hair/April_09_brush_hair_u_nm_np1_ba_goo_0.avi
testTrainMulti_7030_splits/brush_hair_test_split1.txt    April_09_brush_hair_u_nm_np1_ba_goo_0.avi 1

1 is for training, 2 for testing, 0 unused; 70 and 30 per class. Names hold #, &, (), [], !, ; and the like.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from shards.refusal import Refusal
from shards.sample import Rejected, Sample
from shards.sources.listed import Entry, Faults, Item, fetch, listings, read_lines
from shards.sources.listing import Listing
from shards.sources.names import tidy

LAYOUT = "CLASS/NAME.avi, which `unrar x hmdb51_org.rar` and then `unrar x CLASS.rar` for each class make"
SPLITS = {"0": "", "1": "train", "2": "test"}
CLASSES, PER_CLASS = 51, {"train": 70, "test": 30}  # split_readme.txt, which comes with the lists


@dataclass(frozen=True)
class Hmdb51:
    """HMDB51: 6 766 clips of 51 actions (terms: CC BY 4.0).

    From https://serre-lab.clps.brown.edu/resource/hmdb-a-large-human-motion-database.
    RAR cannot be read here: unpack the archive by `unrar x hmdb51_org.rar` and then each class by `unrar x CLASS.rar`.
    """

    root: Path
    """The folder of unpacked class folders, or an uncompressed tar of it."""
    lists: Path
    """The folder testTrainMulti_7030_splits."""
    split: Literal[1, 2, 3] = 1
    """Which of the three official splits."""

    def splits(self) -> Mapping[str, Listing]:
        end = f"_test_split{self.split}.txt"
        files = {file.name.removesuffix(end): file for file in sorted(self.lists.glob(f"*{end}"))}
        if not files:
            raise Refusal(f"--lists {self.lists} has no CLASS{end}; give the folder testTrainMulti_7030_splits")
        faults = Faults(list)
        entries = [entry for name, file in files.items() for entry in _entries(name, file, faults)]
        if len(files) == CLASSES:
            _check_sizes(entries, files)
        return listings(
            self.root, tuple(files), sorted(entries, key=lambda e: e.split != "train"), _key, faults, LAYOUT
        )

    def samples(self, item: Item) -> Iterator[Sample]:
        yield from fetch(self.root, item)


def _entries(name: str, file: Path, faults: Faults) -> Iterator[Entry]:
    for number, row in read_lines(file):
        video, _, mark = row.rpartition(" ")
        if mark in SPLITS and video.strip():
            key = _key(PurePosixPath(name, video.strip()))
            yield Entry(SPLITS[mark], key, name, f"{file.name}, row {number}")
        else:
            reason = f"{file.name}, row {number} makes no sense: {row!r} does not end with 0, 1 or 2"
            faults["train"].append(Rejected(tidy(row), reason))


def _check_sizes(entries: list[Entry], files: Mapping[str, Path]) -> None:
    counts = Counter((entry.label, entry.split) for entry in entries)
    for name, file in files.items():
        for split, official in PER_CLASS.items():
            if counts[name, split] != official:
                raise Refusal(
                    f"{file} has {counts[name, split]} rows for {split}, the official one {official}; fetch it again"
                )


def _key(path: PurePosixPath) -> str:
    return f"{path.parent.name}/{path.stem}"
