"""A check that some files are too much for; in a file of its own, which a child is quick to import."""

import ctypes
import os
import signal
from dataclasses import dataclass

from shards.media import Media


@dataclass(frozen=True)
class Touchy:
    """A check that some files are too much for."""

    libraries: tuple[str, ...] = ("touchy 1",)

    def __call__(self, content: bytes, media: Media) -> None:
        if content.endswith(b"crash"):
            os.kill(os.getpid(), signal.SIGSEGV)
        if content.endswith(b"hang"):
            ctypes.CDLL(None).sleep(60)  # in C, with Python's lock held elsewhere: nothing but a signal ends it
        if content.endswith(b"odd"):
            raise KeyError("no such table")
