"""Files that are complete or absent."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def complete_or_absent(file: Path) -> Iterator[Path]:
    """Hand out a temporary path; on success flush it to disk and give it its name, on failure remove it.

    No two writers share one: of two machines, or containers, processes of the same number may write the same file.
    """
    unfinished = file.with_name(f"{file.name}.{secrets.token_hex(6)}.part")
    try:
        yield unfinished
        with unfinished.open("rb") as stream:
            os.fsync(stream.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def write_atomically(file: Path, content: bytes) -> None:
    with complete_or_absent(file) as unfinished:
        unfinished.write_bytes(content)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries, so that files renamed into it are still there after a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
