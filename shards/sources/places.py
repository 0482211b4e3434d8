"""Where files lie, below a folder or in a plain tar, which is read in place: nothing is ever unpacked."""

import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from shards.refusal import Refusal
from shards.sample import Rejected
from shards.sources.names import tidy
from shards.sources.strict import strict_members

Above = tuple[tuple[int, int], ...]
"""The folders that one is inside of, by device and number."""


class Place(NamedTuple):
    """One file: its path below the root and, inside a tar, its first byte and size in bytes; size -1 if in a folder."""

    path: str
    offset: int = 0
    size: int = -1


def places(root: Path, rejected: list[Rejected]) -> Iterator[Place]:
    """Every file below a folder or in a tar; what is no file, or cannot be opened, goes to ``rejected``.

    Raises: ``Refusal`` if ``root`` is neither, or no whole, uncompressed tar.
    """
    if root.is_dir():
        return (Place(path) for path in files_below(root, rejected))
    if root.is_file():
        return members(root, rejected)
    raise Refusal(f"--root {root} is neither a folder nor a tar; check the path")


def files_below(root: Path, rejected: list[Rejected]) -> Iterator[str]:
    """Paths below a folder, in a fixed order. Links are followed, but no folder is entered from inside itself.

    What cannot be read (links to nowhere, pipes, devices, closed folders) goes to ``rejected``.
    """
    waiting: list[tuple[str, bool, Above]] = [("", False, ())]  # a stack, for folders may lie deeper than calls
    while waiting:
        path, plain, above = waiting.pop()
        if plain:
            yield path
            continue
        try:
            found = os.stat(f"{root}/{path}")  # a Path would take its parts, and may have thousands
            if stat.S_ISREG(found.st_mode):
                yield path
            elif not stat.S_ISDIR(found.st_mode):
                rejected.append(Rejected(tidy(path), "a pipe, a socket or a device, not a file"))
            elif (found.st_dev, found.st_ino) not in above:
                inside = (*above, (found.st_dev, found.st_ino))
                with os.scandir(f"{root}/{path}") as entries:
                    names = sorted(
                        ((entry.name, entry.is_file(follow_symlinks=False)) for entry in entries), reverse=True
                    )
                waiting += [(f"{path}/{name}" if path else name, plain, inside) for name, plain in names]
        except OSError as error:
            rejected.append(Rejected(tidy(path), f"cannot be opened: {error.strerror}"))


def members(file: Path, rejected: list[Rejected], offset: int = 0, size: int | None = None) -> Iterator[Place]:
    """The regular files of a tar, or of a tar that lies uncompressed at ``offset`` of another."""
    with file.open("rb", buffering=0) as stream:
        window = _Window(stream, offset, file.stat().st_size if size is None else offset + size)
        try:
            for _, member in strict_members(window, "r:"):
                path = member.name.removeprefix("./")
                if member.isdir():
                    continue
                if not member.isreg() or member.issparse():
                    rejected.append(Rejected(tidy(path), "a link, a device or a sparse file in a tar"))
                elif {"", ".", ".."} & {*path.split("/")}:
                    rejected.append(Rejected(tidy(path), "its path leads out of the tar, or nowhere"))
                else:
                    yield Place(path, offset + member.offset_data, member.size)
        except tarfile.TarError as error:
            at = f" at byte {offset}" if offset else ""
            raise Refusal(f"{file}{at} is no whole, uncompressed tar ({error}); unpack it or fetch it again") from error


def read_place(root: Path, place: Place) -> bytes:
    """The content of one file.

    Raises: ``OSError`` or ``Refusal`` if it is not, or no longer, what was listed.
    """
    if place.size < 0:
        with open(root / place.path, "rb", opener=_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Refusal("a pipe, a socket or a device, not a file")
            return file.read()
    with root.open("rb") as archive:
        archive.seek(place.offset)
        content = archive.read(place.size)
    if len(content) < place.size:
        raise Refusal(f"{root} ends within it; fetch the tar again")
    return content


def _at_once(path: str, flags: int) -> int:
    """Open without waiting for whoever would fill a pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


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
