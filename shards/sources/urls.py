"""Where the tars of a data set are: here, in any folder, or elsewhere, behind any address that fsspec opens.

``webdataset``'s own opener is not used: it hands ``pipe:``, ``s3:`` and ``gs:`` addresses to a shell.
"""

import glob
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import fsspec
from braceexpand import braceexpand

from shards.manifest import FILE_NAME, Manifest
from shards.refusal import Refusal, reason_of
from shards.sources.folder import SPLITS

TARS = (".tar", ".tar.gz", ".tgz")
EXTRAS = {"https": "http", "s3a": "s3"}  # fsspec's, where they are not called like the scheme
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class Found(NamedTuple):
    """Tars of one split."""

    split: str
    tars: Sequence[str]
    manifest: Manifest | None
    """Of a data set that was made here."""


def find_tars(given: str, split: str) -> Iterator[Found]:
    """What a path, a pattern or an address stands for; nothing is opened but manifests.

    Raises: ``Refusal`` if it stands for nothing, or cannot be opened by what is installed.
    """
    if Path(given).is_dir():
        yield from _in_folder(Path(given), split)
        return
    try:
        listed = [given] if Path(given).is_file() else [*braceexpand(given)]
    except (OSError, ValueError) as error:
        raise Refusal(f"--tars {given!r} is no path, list or address ({reason_of(error)})") from error
    for one in listed:
        if "://" in one or one.startswith("pipe:"):
            _check_address(one)
            yield Found(split, [one], None)
        elif Path(one).is_dir():
            yield from _in_folder(Path(one), split)
        elif files := [one] if Path(one).is_file() else sorted(glob.glob(one)):
            yield Found(split, files, None)
        else:
            raise Refusal(f"--tars {given}: there is no {one}; check the path")


def open_tar(tar: str) -> Any:
    """A tar's bytes, front to back.

    Raises: ``OSError`` if it is not to be had; so does reading, whatever carries the bytes.
    """
    if not ADDRESS.match(tar):
        return open(tar, "rb")
    try:
        opening: Any = fsspec.open(tar, "rb")
        return _Carried(opening.open(), tar)
    except FileNotFoundError as error:
        raise FileNotFoundError(2, "no such tar", shown(tar)) from error
    except Exception as error:
        raise _failure(tar, error) from error


def shown(tar: str) -> str:
    """An address as it may be printed and stored: without passwords and signatures."""
    if not ADDRESS.match(tar):
        return tar
    return urlsplit(tar)._replace(netloc=tar.split("/")[2].rpartition("@")[2], query="", fragment="").geturl()


def _in_folder(folder: Path, split: str) -> Iterator[Found]:
    if (folder / FILE_NAME).is_file():
        manifest = Manifest.load(folder)
        yield Found(folder.resolve().name, [str(folder / f"{entry.name}.tar") for entry in manifest.shards], manifest)
    elif tars := sorted(str(file) for file in folder.iterdir() if file.name.endswith(TARS)):
        yield Found(split, tars, None)
    elif inside := [child for child in sorted(folder.iterdir()) if child.is_dir() and _has_tars(child)]:
        for child in inside:
            yield from _in_folder(child, SPLITS.get(child.name.lower(), child.name))
    else:
        raise Refusal(f"--tars {folder} holds neither tars nor folders of tars; expected DIR/*.tar or DIR/SPLIT/*.tar")


def _has_tars(folder: Path) -> bool:
    return any(file.name.endswith(TARS) for file in folder.iterdir())


def _check_address(address: str) -> None:
    scheme = address.partition(":")[0].lower()
    if scheme == "pipe":
        raise Refusal(f"--tars {address!r} would run a program; make tars first, or use an address that fsspec opens")
    if "::" in address or "*" in address or not ADDRESS.match(address):
        raise Refusal(f"--tars {shown(address)!r}: an address is one SCHEME://PATH; list several as {{000..009}}.tar")
    try:
        fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        raise Refusal(
            f"{shown(address)} needs a library that is missing: pip install 'fsspec[{EXTRAS.get(scheme, scheme)}]'"
        ) from error
    except ValueError as error:
        raise Refusal(f"{shown(address)}: fsspec opens no {scheme}://, only https, s3, gs and others") from error


def _failure(tar: str, error: Exception) -> OSError:
    return OSError(f"{shown(tar)}: {type(error).__name__}: {reason_of(error).replace(tar, shown(tar))}")


class _Carried:
    """An open stream whose every failure is an ``OSError``, as HTTP's and S3's are not."""

    def __init__(self, stream: Any, tar: str):
        self._stream, self._tar = stream, tar

    def read(self, count: int) -> bytes:
        try:
            return self._stream.read(count)
        except Exception as error:
            raise _failure(self._tar, error) from error

    def __enter__(self) -> "_Carried":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
