"""Tars read from the first byte to the last, or refused: ``tarfile`` alone takes most damage for the end of a tar.

It stops without a word at a header that makes no sense, at a cut between two members, and at the end of the first of
two tars that lie end to end. webdataset's own reader rests on it, and fills the holes of sparse files as well.
"""

import tarfile
from collections.abc import Iterator
from tarfile import BLOCKSIZE, ReadError
from typing import Any

from shards.refusal import reason_of

CHUNK = 2**20  # bytes read at a time
LONGEST = 2**14  # bytes that may be said of one member; Python 3.11.7 takes time with the square of it (CVE-2024-6232)
FURTHER = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


def strict_members(stream: Any, mode: str) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Every member of a tar, each before the next one is looked for; ``mode`` as in ``tarfile.open``.

    Raises: ``tarfile.TarError`` where the tar is damaged, ``OSError`` where the stream fails.
    """
    try:
        with tarfile.open(fileobj=stream, mode=mode, tarinfo=_Header, errors="surrogateescape") as archive:  # type: ignore[call-overload]
            for member in archive:
                archive.members = []  # tarfile would keep them all: a kilobyte each
                yield archive, member
            while rest := archive.fileobj.read(CHUNK):
                if rest.count(0) != len(rest):
                    raise ReadError("something follows its end")
    except (tarfile.TarError, OSError):
        raise
    except Exception as error:  # parsers raise whatever they stumble on
        raise ReadError(f"{type(error).__name__}: {reason_of(error)}") from error


class _Header(tarfile.TarInfo):
    """What a tar says of one member. The only end of a tar is a block of zeros."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> tarfile.TarInfo:
        if len(buf) == BLOCKSIZE == buf.count(0):
            return super().frombuf(buf, encoding, errors)  # raises what tarfile takes for the end
        if not buf:
            raise ReadError("its end is missing")
        try:
            found = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            raise ReadError(str(error)) from error
        if found.type in FURTHER and found.size > LONGEST:
            raise ReadError(f"a header of {found.size} bytes")
        return found

    @classmethod
    def fromtarfile(cls, tarfile: Any) -> tarfile.TarInfo:
        found = super().fromtarfile(tarfile)
        blocks = -(-found.size // BLOCKSIZE) * BLOCKSIZE
        # a negative size sends Python 3.11.7 backwards for ever (CVE-2025-8194)
        if found.size < 0 or (found.isreg() and not found.issparse() and tarfile.offset != found.offset_data + blocks):
            raise ReadError(f"a member of {found.size} bytes")
        return found
