"""UCF101, as ``unrar x UCF101.rar`` and ``unzip UCF101TrainTestSplits-RecognitionTask.zip`` leave it.

UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi
ucfTrainTestlist/classInd.txt       1 ApplyEyeMakeup
ucfTrainTestlist/trainlist01.txt    ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1
ucfTrainTestlist/testlist01.txt     ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi

The files of HandstandPushups are named v_HandStandPushups, and some copies of the lists say v_HandstandPushups: names
are compared without case.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from shards.refusal import Refusal
from shards.sample import Rejected, Sample
from shards.sources.listed import Entry, Faults, Item, fetch, listings, read_lines
from shards.sources.listing import Listing
from shards.sources.names import tidy

LAYOUT = "CLASS/v_CLASS_gNN_cNN.avi, which `unrar x UCF101.rar` makes"
OFFICIAL = {1: (9537, 3783), 2: (9586, 3734), 3: (9624, 3696)}  # rows of the train and the test list; together 13 320
CLASSES = 101


@dataclass(frozen=True)
class Ucf101:
    """UCF101: 13 320 clips of 101 actions, from https://www.crcv.ucf.edu/data/UCF101.php (terms: see there).

    RAR cannot be read here: unpack the archive by `unrar x UCF101.rar`.
    """

    root: Path
    """The unpacked folder UCF-101, or an uncompressed tar of it."""
    lists: Path
    """The folder ucfTrainTestlist."""
    split: Literal[1, 2, 3] = 1
    """Which of the three official splits."""

    def splits(self) -> Mapping[str, Listing]:
        classes, faults = self._classes(), Faults(list)
        entries = [entry for split in ("train", "test") for entry in self._entries(split, classes, faults)]
        return listings(self.root, classes, entries, lambda path: path.stem.lower(), faults, LAYOUT)

    def samples(self, item: Item) -> Iterator[Sample]:
        yield from fetch(self.root, item)

    def _classes(self) -> tuple[str, ...]:
        file = self.lists / "classInd.txt"
        rows = [line.split() for _, line in read_lines(file)]
        if [row[0] for row in rows] != [str(i + 1) for i in range(len(rows))] or any(len(row) != 2 for row in rows):
            raise Refusal(f"{file} must number classes from 1, like '1 ApplyEyeMakeup'; fetch it again")
        return tuple(row[1] for row in rows)

    def _entries(self, split: str, classes: tuple[str, ...], faults: Faults) -> Iterator[Entry]:
        file = self.lists / f"{split}list{self.split:02d}.txt"
        rows, official = read_lines(file), OFFICIAL[self.split][split == "test"]
        if len(classes) == CLASSES and len(rows) != official:
            raise Refusal(f"{file} has {len(rows)} rows, the official one {official}; fetch it again")
        known = {name.lower(): (str(index + 1), name) for index, name in enumerate(classes)}
        for number, row in rows:
            path, *rest = row.split()
            index, name = known.get(PurePosixPath(path).parent.name.lower(), ("", ""))
            if not name or len(rest) > 1 or (rest and rest[0] != index):
                reason = f"{file.name}, row {number} makes no sense: {row!r} (class {index or 'unknown'})"
                faults[split].append(Rejected(tidy(PurePosixPath(path).stem), reason))
            else:
                yield Entry(split, PurePosixPath(path).stem.lower(), name, f"{file.name}, row {number}")
