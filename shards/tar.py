"""A tar, written front to back: POSIX headers by the standard library, hashes and places as the bytes go by."""

import hashlib
import tarfile
from typing import BinaryIO, NamedTuple

import xxhash

BLOCK = 512  # bytes to which a tar rounds up
END = bytes(2 * BLOCK)  # ends a tar


class Place(NamedTuple):
    """Where one member's content lies in its tar."""

    offset: int
    size: int
    checksum: int
    """XXH3-64 of the content."""


class TarWriter:
    """Writes members one after the other; the same members always make the same bytes."""

    def __init__(self, stream: BinaryIO):
        self._stream, self._sha256 = stream, hashlib.sha256()
        self.size = 0
        """Bytes so far."""
        self.members: list[tuple[str, int, int]] = []
        """Name, first byte of the content, and size of each."""

    def add(self, name: str, content: bytes) -> Place:
        """Append a file. Returns: where its content lies."""
        info = tarfile.TarInfo(name)  # no owner, time 0: nothing of the machine enters the tar
        info.size = len(content)
        self._write(info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict"))
        self.members.append((name, self.size, len(content)))
        place = Place(self.size, len(content), xxhash.xxh3_64_intdigest(content))
        self._write(content)
        self._write(bytes(-len(content) % BLOCK))
        return place

    def close(self) -> str:
        """Write the end. Returns: SHA-256 of the whole tar."""
        self._write(END)
        return self._sha256.hexdigest()

    def _write(self, content: bytes) -> None:
        self._stream.write(content)
        self._sha256.update(content)
        self.size += len(content)
