"""Tiny ImageNet: 200 classes of ImageNet at 64 by 64, as one zip, which is read in place, or unpacked."""

import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from shards.media import kind_of
from shards.refusal import Refusal
from shards.sample import Rejected, Sample
from shards.sources.listing import Listing
from shards.sources.names import apart, numbered, tidy
from shards.sources.official import shortfall
from shards.sources.places import files_below
from shards.sources.rows import Rows
from shards.sources.wnids import wnids_of

NAME = "tiny-imagenet-200"
OFFICIAL = {"train": 100_000, "val": 10_000}


class Item(NamedTuple):
    path: str
    label: int
    before: int


@dataclass(frozen=True)
class TinyImageNet:
    """Tiny ImageNet of Stanford's course CS231n (cs231n.stanford.edu/tiny-imagenet-200.zip).

    No licence is stated; the pictures were taken from ImageNet, whose terms allow non-commercial research and education
    only. Labels are numbered by sorted wnid. The 10,000 test images have no labels and are left out.
    """

    root: Path
    """tiny-imagenet-200.zip, the folder tiny-imagenet-200 that it unpacks to, or a folder that holds one of them."""

    def splits(self) -> Mapping[str, Listing]:
        at = self._at()
        unread: list[Rejected] = []
        paths = [*files_below(at, unread)] if at.is_dir() else [
            name.removeprefix(f"{NAME}/") for name in _zip(at).namelist() if not name.endswith("/")]  # fmt: skip
        classes = tuple(sorted(wnids_of(self._read("wnids.txt").decode("ascii", "replace"), f"wnids.txt in {at}")))
        numbers = {wnid: number for number, wnid in enumerate(classes)}
        found = {}
        for split in OFFICIAL:
            rejected: list[Rejected] = []
            labelled = _train(paths) if split == "train" else self._val(paths, rejected)
            rows = Rows(Item, _items(labelled, numbers, rejected))
            if not len(rows):
                raise Refusal(f"{at} has no images in {split}; expected train/WNID/images/*.JPEG, "
                              "and val/images/*.JPEG with val/val_annotations.txt; fetch it again")  # fmt: skip
            rows = rows.replace("before", numbered(_name(item) for item in rows))
            rejected += shortfall(split, len(rows), OFFICIAL[split])
            rejected += [one for one in unread if one.name.startswith(f"{split}/")]
            found[split] = Listing("image", {"label": classes}, rows, tuple(rejected))
        return found

    def samples(self, item: Item) -> Iterator[Sample]:
        extension = PurePosixPath(item.path).suffix[1:].lower()
        yield Sample(apart(_name(item), item.before), {extension: self._read(item.path)}, item.label)

    def _val(self, paths: Sequence[str], rejected: list[Rejected]) -> Iterator[tuple[str, str]]:
        """Path and wnid by the table, whose rows are: file, wnid, left, top, right, bottom."""
        there = {path for path in paths if path.startswith("val/images/")}
        named = set()
        for row in self._read("val/val_annotations.txt").decode("ascii", "replace").splitlines():
            file, wnid, *_ = [*row.split("\t"), ""]
            path = f"val/images/{file}"
            if path in there and path not in named:
                named.add(path)
                yield path, wnid
            elif row.strip():
                why = " a second time" if path in named else ", which is not in val/images"
                rejected.append(Rejected(tidy(file), f"val_annotations.txt names {file!r}{why}"))
        rejected += [Rejected(tidy(path), "has no class in val_annotations.txt") for path in sorted(there - named)]

    def _read(self, path: str) -> bytes:
        at = self._at()
        try:
            return (at / path).read_bytes() if at.is_dir() else _zip(at).read(f"{NAME}/{path}")
        except (FileNotFoundError, KeyError) as error:
            raise Refusal(f"{at} has no {path}; fetch it again") from error
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise Refusal(f"{path} in {at} is damaged ({error}); fetch it again") from error

    def _at(self) -> Path:
        for folder in (self.root, self.root / NAME):
            if (folder / "wnids.txt").is_file():
                return folder
        for file in (self.root, self.root / f"{NAME}.zip"):
            if file.is_file():
                return file
        raise Refusal(
            f"{self.root} holds no Tiny ImageNet; expected {NAME}.zip, or {NAME} with wnids.txt, train and val"
        )


def _train(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Path and wnid of what lies in train/WNID/images."""
    return ((path, path.split("/")[1]) for path in paths if PurePosixPath(path).match("train/*/images/*"))


def _items(labelled: Iterable[tuple[str, str]], numbers: Mapping[str, int], rejected: list[Rejected]) -> Iterator[Item]:
    for path, wnid in labelled:
        if wnid not in numbers:
            rejected.append(Rejected(tidy(path), f"of no class: {wnid!r} is not in wnids.txt"))
        elif kind_of(PurePosixPath(path).suffix[1:].lower()) == "image":
            yield Item(path, numbers[wnid], 0)


def _name(item: Item) -> str:
    return tidy(PurePosixPath(item.path).stem)


def _zip(file: Path) -> zipfile.ZipFile:
    stat = file.stat()
    return _opened(file, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=1)
def _opened(file: Path, size: int, changed: int) -> zipfile.ZipFile:
    """The zip, opened once in a process: its table has 120,000 entries."""
    try:
        return zipfile.ZipFile(file)
    except zipfile.BadZipFile as error:
        raise Refusal(f"{file} is no whole zip ({error}); fetch it again") from error
