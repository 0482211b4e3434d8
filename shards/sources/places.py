"""Where files lie, below a folder or in a plain tar, which is read in place: nothing is ever unpacked."""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from shards.refusal import Refusal
from shards.sample import Rejected
from shards.sources.names import tidy

BLOCK, END = 512, bytes(1024)  # bytes to which a tar rounds up; that must end it


class Place(NamedTuple):
    """One file: its path below the root and, inside a tar, its first byte and size in bytes; size -1 if in a folder."""

    path: str
    offset: int = 0
    size: int = -1


def places(root: Path, rejected: list[Rejected]) -> Iterator[Place]:
    """Every file below a folder or in a tar; of a tar, links and devices go to ``rejected``.

    Raises: ``Refusal`` if ``root`` is neither, or no whole, uncompressed tar.
    """
    if root.is_dir():
        return (Place(path) for path in files_below(root))
    if root.is_file():
        return members(root, rejected)
    raise Refusal(f"--root {root} is neither a folder nor a tar; check the path")


def files_below(root: Path) -> Iterator[str]:
    """Paths below a folder, in a fixed order. Links are followed, but no folder is entered from inside itself."""

    def walk(folder: str, above: tuple[tuple[int, int], ...]) -> Iterator[str]:
        with os.scandir(root / folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir():
                stat = entry.stat()
                if (stat.st_dev, stat.st_ino) not in above:
                    yield from walk(path, (*above, (stat.st_dev, stat.st_ino)))
            elif entry.is_file():
                yield path

    return walk("", ((root.stat().st_dev, root.stat().st_ino),))


def members(file: Path, rejected: list[Rejected], offset: int = 0, size: int | None = None) -> Iterator[Place]:
    """The regular files of a tar, or of a tar that lies uncompressed at ``offset`` of another."""
    with file.open("rb") as stream:
        stop = file.stat().st_size if size is None else offset + size
        inner = _Window(stream.raw if hasattr(stream, "raw") else stream, offset, stop)  # type: ignore[attr-defined]
        try:
            with tarfile.open(fileobj=inner, mode="r:", errors="surrogateescape") as archive:  # type: ignore[call-overload]
                for member in archive:
                    archive.members = []  # tarfile would keep them all: a kilobyte each
                    if member.isreg():
                        yield Place(member.name.removeprefix("./"), offset + member.offset_data, member.size)
                    elif not member.isdir():
                        rejected.append(Rejected(tidy(member.name), "a link or a device in a tar, not a file"))
            inner.seek(max(0, stop - offset - len(END)))
            if inner.read(len(END)) != END:  # tarfile takes a cut between two members for the end
                raise tarfile.ReadError("its end is missing")
        except tarfile.ReadError as error:
            at = f" at byte {offset}" if offset else ""
            raise Refusal(f"{file}{at} is no whole, uncompressed tar ({error}); unpack it or fetch it again") from error


def read_place(root: Path, place: Place) -> bytes:
    """The content of one file."""
    if place.size < 0:
        return (root / place.path).read_bytes()
    with root.open("rb") as archive:
        archive.seek(place.offset)
        return archive.read(place.size)


class _Window:
    """A part of an open file, as a file."""

    def __init__(self, stream, start: int, stop: int):
        self._stream, self._start, self._stop, self._at = stream, start, stop, 0

    def seek(self, to: int) -> int:
        self._at = to
        return to

    def tell(self) -> int:
        return self._at

    def read(self, count: int = -1) -> bytes:
        left = self._stop - self._start - self._at
        self._stream.seek(self._start + self._at)
        found = self._stream.read(left if count < 0 else min(count, max(left, 0)))
        self._at += len(found)
        return found
