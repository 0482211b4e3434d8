"""ImageNet (ILSVRC2012) as its makers, Kaggle or an unpacking script left it. Tars in tars are read in place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from shards.media import kind_of
from shards.refusal import Refusal
from shards.sample import Rejected, Sample
from shards.sources.devkit import validation_classes
from shards.sources.listing import Listing
from shards.sources.names import apart, numbered, tidy
from shards.sources.official import shortfall
from shards.sources.places import Place, files_below, members, read_place
from shards.sources.rows import Rows
from shards.sources.wnids import WNID, wnids_of

TARS = {"train": "ILSVRC2012_img_train.tar", "val": "ILSVRC2012_img_val.tar"}
FOLDERS = ("ILSVRC/Data/CLS-LOC/", "")  # where split folders lie: at Kaggle's, and everywhere else
CLASSES, OFFICIAL = 1000, {"train": 1_281_167, "val": 50_000}
PER_CLASS = {"train": (732, 1300), "val": (50, 50)}  # this and the above: arXiv 1409.0575, table 2


class Item(NamedTuple):
    """One image. In a folder ``size`` is -1 and ``path`` starts at the root; in a tar it is "split/member"."""

    path: str
    offset: int
    size: int
    label: int
    before: int


@dataclass(frozen=True)
class ImageNet:
    """ImageNet-1k, of image-net.org or of Kaggle's "ImageNet Object Localization Challenge".

    Terms of access: non-commercial research and education only. Labels are numbered by sorted wnid. The test images
    have no public labels and are left out. ROOT holds one of these:

    ILSVRC2012_img_train.tar, ILSVRC2012_img_val.tar and ILSVRC2012_devkit_t12.tar.gz, as fetched.

    train/WNID/*.JPEG and val/WNID/*.JPEG; or val/*.JPEG and the devkit.

    ILSVRC/Data/CLS-LOC/train/WNID/*.JPEG, ILSVRC/Data/CLS-LOC/val/*.JPEG and LOC_val_solution.csv.
    """

    root: Path
    """The folder that holds the files above."""
    classes: Path | None = None
    """A file that names the wanted classes, a wnid at the start of each line (ImageNet-100 is such a list)."""

    def splits(self) -> Mapping[str, Listing]:
        chosen, groups = self._chosen(), {}
        left_out: dict[str, list[Rejected]] = {split: [] for split in OFFICIAL}
        rows = {split: Rows(Item, self._items(split, groups, chosen, left_out[split])) for split in OFFICIAL}
        if not groups:
            raise Refusal(
                f"{self.root} holds no images of ImageNet; expected {' and '.join(TARS.values())}, or "
                f"train/WNID/*.JPEG and val/WNID/*.JPEG, or Kaggle's {FOLDERS[0]}train/WNID/*.JPEG"
            )
        if strangers := sorted(chosen - groups.keys()):
            raise Refusal(f"{self.classes} names {strangers[0]} ({len(strangers)} such), of which {self.root} has no "
                          "image; correct the list, or give --root all of ImageNet")  # fmt: skip
        names = tuple(sorted(chosen or groups))
        found = {}
        for split, every in rows.items():
            if not len(every):
                continue
            counts = np.bincount(every.column("label"), minlength=len(groups))
            left_out[split] += _lacks(split, dict(zip(groups, counts.tolist(), strict=True)), chosen)
            numbers = {wnid: number for number, wnid in enumerate(names)}
            labels = np.array([numbers.get(wnid, -1) for wnid in groups], np.int32)[every.column("label")]
            every = every.replace("before", numbered(_name(item) for item in every)).replace("label", labels)
            kept = every.take(np.flatnonzero(labels >= 0))
            found[split] = Listing("image", {"label": names}, kept, tuple(left_out[split]))
        return found

    def samples(self, item: Item) -> Iterator[Sample]:
        tar = TARS[item.path.split("/")[0]] if item.size >= 0 else ""
        content = read_place(self.root / tar, Place(item.path, item.offset, item.size))
        yield Sample(apart(_name(item), item.before), {_extension(item.path): content}, item.label)

    def _items(self, split: str, groups: dict[str, int], chosen: set[str], rejected: list[Rejected]) -> Iterator[Item]:
        """Every image of a split; its label is as yet the number of its wnid in ``groups``."""
        truth: dict[str, str] | None = None
        unseen: set[str] = set()
        for path, offset, size in self._images(split, rejected):
            folder, stem = PurePosixPath(path).parent.name, PurePosixPath(path).stem
            if kind_of(_extension(path)) != "image":
                continue
            if split == "val" and folder == "val":
                if truth is None:
                    truth = validation_classes(self.root, rejected)
                    unseen = {name for name, wnid in truth.items() if not chosen or wnid in chosen}
                folder = truth.get(stem, "")
                unseen.discard(stem)
            if WNID.fullmatch(folder):
                yield Item(path, offset, size, groups.setdefault(folder, len(groups)), 0)
            else:
                rejected.append(Rejected(tidy(path), f"of no class: {folder!r} is no wnid (n and eight digits)"))
        rejected += [Rejected(name, "is in the list of validation images, but not here") for name in sorted(unseen)]

    def _images(self, split: str, rejected: list[Rejected]) -> Iterator[Place]:
        tar = self.root / TARS[split]
        if tar.is_file():  # before folders: an unpacking may have been interrupted, a tar says whether it is whole
            for member, offset, size in members(tar, rejected):
                wnid = PurePosixPath(member).stem
                if split == "val":
                    yield Place(f"{split}/{PurePosixPath(member).name}", offset, size)
                elif WNID.fullmatch(wnid) and member.endswith(".tar"):
                    for inner, start, length in members(tar, rejected, offset, size):
                        yield Place(f"{split}/{wnid}/{PurePosixPath(inner).name}", start, length)
                else:
                    rejected.append(Rejected(tidy(member), f"no class's tar in {tar.name}"))
            return
        for folder in FOLDERS:
            if (there := self.root / folder / split).is_dir():
                yield from (Place(f"{folder}{split}/{path}") for path in files_below(there, rejected))
                return

    def _chosen(self) -> set[str]:
        if self.classes is None:
            return set()
        if not self.classes.is_file():
            raise Refusal(f"--classes {self.classes} is no file; give one that has a wnid at the start of each line")
        return wnids_of(self.classes.read_text(errors="replace"), f"--classes {self.classes}")


def _lacks(split: str, counts: Mapping[str, int], chosen: set[str]) -> list[Rejected]:
    """What is not as published. Of a chosen part only the bounds of a class are published."""
    if not chosen or len(counts) >= CLASSES:
        return shortfall(split, sum(counts.values()), OFFICIAL[split])
    least, most = PER_CLASS[split]
    return [
        Rejected(wnid, f"{counts[wnid]} images of this class are in {split}, officially {least} to {most}")
        for wnid in sorted(chosen) if not least <= counts[wnid] <= most
    ]  # fmt: skip


def _extension(path: str) -> str:
    return PurePosixPath(path).suffix[1:].lower()


def _name(item: Item) -> str:
    """The file's own name, which is the same in all layouts and holds the wnid in the training split."""
    return tidy(PurePosixPath(item.path).stem)
