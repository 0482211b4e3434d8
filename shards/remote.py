"""Shards on what fsspec knows: s3://bucket/set, gs://bucket/set, memory://set …"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import fsspec

from shards.refusal import Refusal
from shards.target import Local, Target, told_if_full

BACKENDS = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}


def open_target(out: str) -> Target:
    """The place that a user named.

    Raises: ``Refusal`` if nothing is known of its protocol.
    """
    protocol, sign, _ = out.partition("://")
    if not sign:
        return Local(Path(out))
    if protocol == "file":
        return Local(Path(out.removeprefix("file://")))
    try:
        fsspec.filesystem(protocol)
    except (ImportError, ValueError) as error:
        remedy = f"; pip install {BACKENDS[protocol]}" if protocol in BACKENDS else ""
        raise Refusal(f"--out {out}: {error}{remedy}") from error
    return Remote(out.rstrip("/"))


@dataclass(frozen=True)
class Remote:
    """A place that fsspec reaches."""

    url: str

    def __str__(self) -> str:
        return self.url

    def names(self) -> set[str]:
        try:
            found = self._files.ls(self._path(), detail=True, refresh=True)
        except FileNotFoundError:
            return set()
        return {entry["name"].rstrip("/").rpartition("/")[2] for entry in found if entry["type"] == "file"}

    def inside(self, name: str) -> "Remote":
        return Remote(f"{self.url}/{name}")

    def read(self, name: str) -> bytes:
        content = self._files.cat_file(self._path(name))
        assert isinstance(content, bytes), "cat_file was asked for one whole file"
        return content

    def write(self, name: str, content: bytes) -> None:
        self._files.pipe_file(self._path(name), content)

    @contextmanager
    def file(self, name: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="antipodal-") as folder:
            unfinished = Path(folder, "unfinished")
            with told_if_full(Local(Path(folder))):
                yield unfinished
            self._files.put_file(os.fspath(unfinished), self._path(name))

    def remove(self, name: str) -> None:
        if self._files.exists(self._path(name)):
            self._files.rm_file(self._path(name))

    def size(self, name: str) -> int:
        return self._files.size(self._path(name)) or 0

    def clear(self) -> None:
        for name in self.names():
            self.remove(name)

    def free(self) -> int | None:
        return None

    @property
    def _files(self) -> fsspec.AbstractFileSystem:
        return fsspec.filesystem(self.url.partition("://")[0])

    def _path(self, name: str = "") -> str:
        return fsspec.core.strip_protocol(f"{self.url}/{name}" if name else self.url)
