"""Where shards are written: a folder, or what ``shards/remote.py`` reaches.

Either way a file is there in full or not at all: a folder gets it by renaming, an object store by uploading it whole.
"""

import errno
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from shards.files import complete_or_absent, sync_folder
from shards.refusal import Refusal

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@runtime_checkable
class Target(Protocol):
    """A place for files, by name; ``/`` in a name stands for a folder below. Picklable."""

    def names(self) -> set[str]:
        """Names of the files directly in it; none if it does not exist."""
        ...

    def inside(self, name: str) -> "Target": ...

    def read(self, name: str) -> bytes:
        """Raises: ``FileNotFoundError``."""
        ...

    def write(self, name: str, content: bytes) -> None: ...

    def file(self, name: str) -> AbstractContextManager[Path]:
        """A local path to write to: what is there in the end becomes ``name``, but for an exception."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, or nothing if there is none."""
        ...

    def size(self, name: str) -> int:
        """Of a file, in bytes."""
        ...

    def clear(self) -> None:
        """Remove all its files, and itself."""
        ...

    def free(self) -> int | None:
        """Bytes that may still be written, if that is known."""
        ...


@dataclass(frozen=True)
class Local:
    """A folder that this machine sees."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def names(self) -> set[str]:
        return {entry.name for entry in self.path.iterdir() if entry.is_file()} if self.path.is_dir() else set()

    def inside(self, name: str) -> "Local":
        return Local(self.path / name)

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        with self.file(name) as unfinished:
            unfinished.write_bytes(content)

    @contextmanager
    def file(self, name: str) -> Iterator[Path]:
        self.path.mkdir(parents=True, exist_ok=True)
        with told_if_full(self), complete_or_absent(self.path / name) as unfinished:
            yield unfinished
        sync_folder(self.path)

    def remove(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)

    def size(self, name: str) -> int:
        return (self.path / name).stat().st_size

    def clear(self) -> None:
        if self.path.is_dir():
            shutil.rmtree(self.path)

    def free(self) -> int | None:
        there = next(folder for folder in (self.path.absolute(), *self.path.absolute().parents) if folder.exists())
        return shutil.disk_usage(there).free


@contextmanager
def told_if_full(place: Local) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise Refusal(
            f"{place} is full ({error.strerror}); the finished shards stay: free some space and run the same command "
            "again, it goes on where it stopped"
        ) from error
