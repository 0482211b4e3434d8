"""CIFAR-10 and CIFAR-100 in their binary version; the one for Python is a pickle, which would run what is in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from shards.refusal import Refusal
from shards.sample import Sample
from shards.sources.listing import Listing
from shards.sources.official import shortfall
from shards.sources.records import count, holds, lines, picture, read
from shards.sources.rows import Rows

SIDE = 32
PIXELS = 3 * SIDE * SIDE
OFFICIAL = {"train": 50_000, "test": 10_000}


class Layout(NamedTuple):
    """The files of a split, and which file has the names for each of the bytes before a record's pixels."""

    splits: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]


LAYOUTS = (
    Layout({"train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test": ("test_batch.bin",)},
           {"label": "batches.meta.txt"}),
    Layout({"train": ("train.bin",), "test": ("test.bin",)},
           {"coarse": "coarse_label_names.txt", "label": "fine_label_names.txt"}),
)  # fmt: skip
CLASSES = {"batches.meta.txt": 10, "coarse_label_names.txt": 20, "fine_label_names.txt": 100}
PLACES = ("cifar-10-batches-bin", "cifar-100-binary", "cifar-10-binary.tar.gz", "cifar-100-binary.tar.gz")
PICKLES = {"cifar-10-python.tar.gz": PLACES[2], "cifar-10-batches-py": PLACES[2],
           "cifar-100-python.tar.gz": PLACES[3], "cifar-100-python": PLACES[3]}  # fmt: skip


class Item(NamedTuple):
    """One record of one file of one place below the root."""

    place: str
    file: str
    record: int


@dataclass(frozen=True)
class Cifar:
    """CIFAR-10 or CIFAR-100 of www.cs.toronto.edu/~kriz/cifar.html, in the binary version.

    No licence is stated; its authors ask to cite the technical report "Learning Multiple Layers of Features from Tiny
    Images" (2009). Pictures are stored as PNG, without loss. CIFAR-100's superclasses are kept as the fact "coarse".
    """

    root: Path
    """cifar-10-binary.tar.gz, cifar-100-binary.tar.gz, the folder that one of them unpacks to (cifar-10-batches-bin,
    cifar-100-binary), or a folder that holds one of these. Unpacked it needs less memory."""

    def splits(self) -> Mapping[str, Listing]:
        place = self._place()
        at = self.root / place
        layout = next((layout for layout in LAYOUTS if holds(at, layout.names["label"])), None)
        if not layout:
            raise Refusal(f"{at} has no {' or '.join(layout.names['label'] for layout in LAYOUTS)}; fetch it again")
        names = {name: lines(at, file, CLASSES[file]) for name, file in layout.names.items()}
        classes = {"label": names["label"], **names}
        found = {}
        for split, files in layout.splits.items():
            counts = {file: count(at, file, len(layout.names) + PIXELS) for file in files}
            items = Rows(Item, (Item(place, file, record) for file, n in counts.items() for record in range(n)))
            found[split] = Listing("image", classes, items, shortfall(split, len(items), OFFICIAL[split]))
        return found

    def samples(self, item: Item) -> Iterator[Sample]:
        layout = next(layout for layout in LAYOUTS if any(item.file in files for files in layout.splits.values()))
        size = len(layout.names) + PIXELS
        record = read(self.root / item.place, item.file, item.record * size, size)
        if len(record) != size:
            raise Refusal(f"record {item.record} of {item.file} is cut off; fetch it again")
        known = dict(zip(layout.names, record, strict=False))
        for name, value in known.items():
            if value >= CLASSES[layout.names[name]]:
                raise Refusal(f"record {item.record} of {item.file} has {name} {value}, which no class has")
        name = f"{PurePosixPath(item.file).stem}/{item.record:05d}"
        yield Sample(name, {"png": picture(record[len(known) :], SIDE)}, known.pop("label"), known)

    def _place(self) -> str:
        """Where below the root the data lie: "" is the root itself."""
        if self.root.name not in PICKLES and (self.root.is_file() or any(
                (self.root / layout.names["label"]).is_file() for layout in LAYOUTS)):  # fmt: skip
            return ""
        found = [place for place in PLACES if (self.root / place).exists()]
        if len({place.split("-")[1] for place in found}) > 1:
            raise Refusal(f"{self.root} holds CIFAR-10 and CIFAR-100; name one, as in --root {self.root / found[0]}")
        if found:
            return found[0]  # the folder, if there are both it and its archive
        for pickle, binary in PICKLES.items():
            if self.root.name == pickle or (self.root / pickle).exists():
                raise Refusal(f"{pickle} is a pickle, and to read one is to run what is in it; fetch {binary} instead")
        raise Refusal(f"{self.root} holds no CIFAR; expected {', '.join(PLACES[:-1])} or {PLACES[-1]}")
