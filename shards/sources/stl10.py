"""STL-10: few labelled pictures, and a hundred thousand without labels from a wider circle."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from shards.refusal import Refusal
from shards.sample import Sample
from shards.sources.listing import Listing
from shards.sources.official import shortfall
from shards.sources.records import count, lines, picture, read
from shards.sources.rows import Rows

SIDE, CLASSES = 96, 10
PIXELS = 3 * SIDE * SIDE
FOLDER, ARCHIVE = "stl10_binary", "stl10_binary.tar.gz"
FILES = {"train": "train", "test": "test", "unlabelled": "unlabeled"}
OFFICIAL = {"train": 5_000, "test": 8_000, "unlabelled": 100_000}


class Item(NamedTuple):
    """One record of the files that begin with ``file``."""

    file: str
    record: int


@dataclass(frozen=True)
class STL10:
    """STL-10 of cs.stanford.edu/~acoates/stl10: splits train, test and unlabelled.

    No licence is stated; the pictures were taken from ImageNet, whose terms allow non-commercial research and education
    only. They are stored as PNG, without loss. The ten folds of the training split are not kept.
    """

    root: Path
    """The folder stl10_binary, as stl10_binary.tar.gz unpacks to, or the folder that holds it."""

    def splits(self) -> Mapping[str, Listing]:
        folder, found = self._folder(), {}
        names = lines(folder, "class_names.txt", CLASSES)
        for split, file in FILES.items():
            records = count(folder, f"{file}_X.bin", PIXELS)
            labelled = split != "unlabelled"
            if labelled and (labels := count(folder, f"{file}_y.bin", 1)) != records:
                raise Refusal(f"{folder} has {records} pictures in {file}_X.bin and {labels} labels in {file}_y.bin; "
                              f"unpack {ARCHIVE} again")  # fmt: skip
            items = Rows(Item, (Item(file, record) for record in range(records)))
            classes = {"label": names if labelled else ("unlabelled",)}
            found[split] = Listing("image", classes, items, shortfall(split, records, OFFICIAL[split]))
        return found

    def samples(self, item: Item) -> Iterator[Sample]:
        folder, label = self._folder(), 0
        planes = read(folder, f"{item.file}_X.bin", item.record * PIXELS, PIXELS)
        if len(planes) != PIXELS:
            raise Refusal(f"record {item.record} of {item.file}_X.bin is cut off; unpack {ARCHIVE} again")
        if item.file != FILES["unlabelled"]:
            label = int.from_bytes(read(folder, f"{item.file}_y.bin", item.record, 1)) - 1  # they count from 1
            if not 0 <= label < CLASSES:
                raise Refusal(f"record {item.record} of {item.file}_y.bin is {label + 1}, expected 1 to {CLASSES}")
        yield Sample(f"{item.file}/{item.record:06d}", {"png": picture(planes, SIDE, columns_first=True)}, label)

    def _folder(self) -> Path:
        for folder in (self.root, self.root / FOLDER):
            if (folder / "class_names.txt").is_file():
                return folder
        archive = self.root if self.root.is_file() else self.root / ARCHIVE
        if archive.is_file():  # unpacked it is 3.1 GB, which each process would have to hold: gzip cannot be seeked
            raise Refusal(f"{archive} is too large to be read as it is; unpack it first: tar -xzf {archive} "
                          f"-C {archive.parent}")  # fmt: skip
        raise Refusal(f"{self.root} holds no STL-10; expected {FOLDER} with class_names.txt, train_X.bin, train_y.bin, "
                      "test_X.bin, test_y.bin and unlabeled_X.bin")  # fmt: skip
