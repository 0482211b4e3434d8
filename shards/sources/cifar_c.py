"""CIFAR-10-C and CIFAR-100-C: the corrupted test pictures of CIFAR, a split for each corruption and severity."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from shards.encode import png
from shards.refusal import Refusal
from shards.sample import Sample
from shards.sources.listing import Listing
from shards.sources.names import tidy
from shards.sources.official import shortfall
from shards.sources.rows import Rows

SEVERITIES, SIDE, OFFICIAL = 5, 32, 10_000
LABELS = "labels.npy"
# names as batches.meta.txt and fine_label_names.txt of the binary versions have them, in their order
TEN = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
NAMES = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle
caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish
forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle
mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine
possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle wardrobe whale
willow_tree wolf woman worm
"""
HUNDRED = tuple(NAMES.split())


class Item(NamedTuple):
    """One picture: its corruption's file, its row there, its class."""

    file: str
    row: int
    label: int


@dataclass(frozen=True)
class CifarC:
    """CIFAR-10-C or CIFAR-100-C (zenodo.org/records/2535967 and 3555552), unpacked.

    Splits are called CORRUPTION-SEVERITY, such as gaussian_noise-3. Pictures are stored as PNG, without loss. Labels
    above 9 tell CIFAR-100-C; classes bear the names that CIFAR's own files give them.
    """

    root: Path
    """The folder with labels.npy and CORRUPTION.npy: uint8 of 5 severities end to end, [5 · 10000, 32, 32, 3]."""

    def splits(self) -> Mapping[str, Listing]:
        files = sorted(file.stem for file in self.root.glob("*.npy") if file.name != LABELS)
        if not files or not (self.root / LABELS).is_file():
            raise Refusal(f"{self.root} holds no CIFAR-C; expected {LABELS} and CORRUPTION.npy, so unpack "
                          "CIFAR-10-C.tar and give its folder")  # fmt: skip
        labels = _array(self.root / LABELS)
        if labels.ndim != 1 or labels.dtype.kind not in "iu" or not len(labels) or len(labels) % SEVERITIES:
            raise Refusal(f"{self.root / LABELS} holds {labels.dtype} {list(labels.shape)}, expected whole numbers of "
                          f"{SEVERITIES} severities end to end; fetch it again")  # fmt: skip
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= len(HUNDRED):
            raise Refusal(f"{self.root / LABELS} has labels {low} … {high}, CIFAR has 0 … 99 at most; fetch it again")
        classes = {"label": TEN if high < len(TEN) else HUNDRED}
        each = len(labels) // SEVERITIES
        found = {}
        for file in files:
            shape = (len(labels), SIDE, SIDE, 3)
            pixels = _array(self.root / f"{file}.npy")
            if pixels.dtype != np.uint8 or pixels.shape != shape:
                raise Refusal(f"{self.root / file}.npy holds {pixels.dtype} {list(pixels.shape)}, expected uint8 "
                              f"{list(shape)} as {LABELS} has {len(labels)}; fetch it again")  # fmt: skip
            for severity in range(SEVERITIES):
                rows = range(severity * each, (severity + 1) * each)
                items = Rows(Item, (Item(file, row, int(labels[row])) for row in rows))
                split = f"{tidy(file)}-{severity + 1}"
                found[split] = Listing("image", classes, items, shortfall(split, each, OFFICIAL))
        return found

    def samples(self, item: Item) -> Iterator[Sample]:
        pixels = _array(self.root / f"{item.file}.npy")[item.row]
        yield Sample(f"{tidy(item.file)}/{item.row:05d}", {"png": png(np.ascontiguousarray(pixels))}, item.label)


def _array(file: Path) -> np.ndarray:
    stat = file.stat()
    return _mapped(file, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=32)
def _mapped(file: Path, size: int, changed: int) -> np.ndarray:
    """An array of numbers, left on disk until it is read; whatever else is in the file, nothing of it runs."""
    try:
        return np.lib.format.open_memmap(file, mode="r")
    except (ValueError, EOFError) as error:
        raise Refusal(f"{file} is no whole array of numbers ({error}); fetch it again") from error
