"""A folder of class folders, of images or of videos, alone or below split folders, as it lies or as one plain tar.

root/class/…/file            one split, named "train"
root/train/class/…/file      as many splits as there are folders with a split's name
"""

import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from shards.media import Kind, kind_of
from shards.refusal import Refusal
from shards.sample import Sample
from shards.sources.listing import Listing

SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}


class Item(NamedTuple):
    """One file: its path below the root and, inside a tar, its offset and size."""

    path: str
    name: str
    label: int
    offset: int = 0
    size: int = -1


@dataclass(frozen=True)
class Folder:
    """Files under one folder per class, optionally below folders named train, val, test."""

    root: Path
    """The folder, or an uncompressed tar of it (read in place, nothing is unpacked)."""

    def splits(self) -> Mapping[str, Listing]:
        files = [file for file in sorted(self._files()) if _kind(file[0]) and "/" in file[0]]
        has_splits = self._has_splits([PurePosixPath(path).parts for path, _, _ in files])
        found: dict[str, list[tuple[str, str, int, int]]] = {}
        kinds = Counter()
        for path, offset, size in files:
            folders = PurePosixPath(path).parts[:-1]
            if len(folders) < 1 + has_splits:
                continue
            kinds[_kind(path)] += 1
            split = SPLITS[folders[0].lower()] if has_splits else "train"
            found.setdefault(split, []).append((folders[has_splits], path, offset, size))
        if not found:
            raise Refusal(f"{self.root} holds no class folders with images or videos; expected ROOT/CLASS/FILE")
        if len(kinds) > 1:
            raise Refusal(f"{self.root} mixes {dict(kinds)}; give images and videos a root of their own")
        classes = tuple(sorted({kind for split in found.values() for kind, *_ in split}))
        (kind,) = kinds
        return {
            split: Listing(kind, {"label": classes}, tuple(_items(found[split], classes)))
            for split in ("train", "val", "test")
            if split in found
        }

    def _has_splits(self, paths: list[tuple[str, ...]]) -> bool:
        others = sorted({first for first, *_ in paths if first.lower() not in SPLITS})
        if others and any(len(parts) > 2 and parts[0].lower() in SPLITS for parts in paths):  # a class may be "train"
            raise Refusal(
                f"{self.root} holds split folders and others beside them ({', '.join(others[:5])}); "
                "move the others away, or give --root one split"
            )
        return not others

    def sample(self, item: Item) -> Sample:
        if item.size < 0:
            content = (self.root / item.path).read_bytes()
        else:
            with self.root.open("rb") as archive:
                archive.seek(item.offset)
                content = archive.read(item.size)
        return Sample(item.name, {PurePosixPath(item.path).suffix[1:].lower(): content}, item.label)

    def _files(self) -> Iterator[tuple[str, int, int]]:
        """Path below the root, offset and size of every file."""
        if self.root.is_dir():
            yield from ((p.relative_to(self.root).as_posix(), 0, -1) for p in self.root.rglob("*") if p.is_file())
        elif self.root.is_file():
            yield from _members(self.root)
        else:
            raise Refusal(f"--root {self.root} is neither a folder nor a tar; check the path")


def _kind(path: str) -> Kind | None:
    return kind_of(PurePosixPath(path).suffix[1:].lower())


def _members(file: Path) -> Iterator[tuple[str, int, int]]:
    try:
        with file.open("rb") as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
            yield from ((m.name.removeprefix("./"), m.offset_data, m.size) for m in archive if m.isreg())
            stream.seek(max(0, file.stat().st_size - 1024))
            if stream.read() != bytes(1024):  # tarfile takes a cut between two members for the end
                raise tarfile.ReadError("its end is missing")
    except tarfile.ReadError as error:
        raise Refusal(f"--root {file} is no whole, uncompressed tar ({error}); unpack it or fetch it again") from error


def _items(files: list[tuple[str, str, int, int]], classes: tuple[str, ...]) -> Iterator[Item]:
    taken = Counter()
    for kind, path, offset, size in files:
        stem = PurePosixPath(path).stem.replace(".", "_")
        name = f"{kind.replace('.', '_')}/{stem}"
        unique = name
        while taken[unique]:  # a.jpg beside a.png, or x/a.jpg beside y/a.jpg
            taken[name] += 1
            unique = f"{name}~{taken[name]}"
        taken[unique] += 1
        yield Item(path, unique, classes.index(kind), offset, size)
