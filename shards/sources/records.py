"""Files of records that have all the same size, as CIFAR and STL-10 are published: in a folder or in a gzipped tar."""

import tarfile
import zlib
from functools import lru_cache
from pathlib import Path, PurePosixPath

import numpy as np

from shards.encode import png
from shards.refusal import Refusal
from shards.sources.places import Place, read_place


def holds(root: Path, file: str) -> bool:
    return (root / file).is_file() or file in _files(root)


def count(root: Path, file: str, size: int) -> int:
    """How many records of ``size`` bytes a file holds.

    Raises: ``Refusal`` if it is not there, empty or cut within a record.
    """
    length = (root / file).stat().st_size if (root / file).is_file() else len(_files(root).get(file, b""))
    if length % size or not length:
        raise Refusal(f"{root} has {length} bytes of {file}, which must be some records of {size}; fetch it again")
    return length // size


def read(root: Path, file: str, offset: int = 0, size: int = -1) -> bytes:
    """``size`` bytes of a file, or all."""
    if (root / file).is_file():
        return read_place(root / file, Place(file, offset, size)) if size >= 0 else (root / file).read_bytes()
    return _files(root).get(file, b"")[offset : offset + size if size >= 0 else None]


def lines(root: Path, file: str, expected: int) -> tuple[str, ...]:
    """The names of classes in a text file, one a line.

    Raises: ``Refusal`` if there are more or fewer than expected.
    """
    found = tuple(line.strip() for line in read(root, file).decode("ascii", "replace").splitlines() if line.strip())
    if len(found) != expected:
        raise Refusal(f"{root} has {len(found)} class names in {file}, expected {expected}; fetch it again")
    return found


def picture(planes: bytes, side: int, columns_first: bool = False) -> bytes:
    """Red, green and blue planes one after the other, as a PNG."""
    pixels = np.frombuffer(planes, np.uint8).reshape(3, side, side)
    return png(np.ascontiguousarray(pixels.transpose(2, 1, 0) if columns_first else pixels.transpose(1, 2, 0)))


def _files(root: Path) -> dict[str, bytes]:
    if not root.is_file():
        return {}
    stat = root.stat()
    return _unpacked(root, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=1)
def _unpacked(archive: Path, size: int, changed: int) -> dict[str, bytes]:
    """The files of a gzipped tar by name, whatever their folder. Gzip has no way into its middle, so a process unpacks
    it once and holds it, which for CIFAR is 185 MB; a folder costs nothing."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            streams = {PurePosixPath(member.name).name: tar.extractfile(member) for member in tar if member.isreg()}
            return {name: stream.read() for name, stream in streams.items() if stream}
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise Refusal(f"{archive} is no whole gzipped tar ({error}); fetch it again") from error
