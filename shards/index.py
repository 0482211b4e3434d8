"""The sidecar index of a tar: where every sample lies and what is known of it, as plain numpy arrays.

It is an uncompressed ``.npz`` that holds no Python objects, so reading one executes nothing.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np

from shards.media import Media
from shards.refusal import Refusal
from shards.sample import Sample
from shards.tar import Place


class Row(NamedTuple):
    """A sample, what was measured of it, and where its media lie."""

    sample: Sample
    measured: Media
    origin: tuple[int, int, int]
    texture: tuple[int, int]
    places: Sequence[Place]


@dataclass(frozen=True)
class Index:
    """Columns of one tar, or of several laid end to end. Ragged columns come with the end of each sample's run."""

    name: np.ndarray
    """str [n]"""
    label: np.ndarray
    """int32 [n]"""
    facts: np.ndarray
    """int32 [n, f], a column for each fact, in alphabetical order"""
    extent: np.ndarray
    """int32 [n, 3]: frames, height, width"""
    rate: np.ndarray
    """int32 [n, 2]: frames per second, numerator and denominator"""
    origin: np.ndarray
    """int32 [n, 3]: which frames of the original these are: first, one past the last, step"""
    texture: np.ndarray
    """int32 [n, 2]: height and width of the sample's texture; zeros where it has none"""
    key_frames: np.ndarray
    """int32 [all key frames]"""
    key_frames_end: np.ndarray
    """int64 [n]"""
    extension: np.ndarray
    """str [all members]: the first of a sample is its image or video"""
    offset: np.ndarray
    """int64 [all members], in bytes from the start of the tar"""
    size: np.ndarray
    """int64 [all members], in bytes"""
    checksum: np.ndarray
    """uint64 [all members]: XXH3-64 of the content"""
    members_end: np.ndarray
    """int64 [n]"""

    def __len__(self) -> int:
        return len(self.name)

    def key_frames_of(self, sample: int) -> np.ndarray:
        """Numbers of one sample's key frames: int32 [k]."""
        start = self.key_frames_end[sample - 1] if sample else 0
        return self.key_frames[start : self.key_frames_end[sample]]

    def encoded(self) -> bytes:
        """What is written to the file."""
        file = io.BytesIO()
        np.savez(file, **{field.name: getattr(self, field.name) for field in fields(self)})
        return file.getvalue()

    @staticmethod
    def load(file: Path) -> "Index":
        """Read an index.

        Raises: ``Refusal`` if the file is no index of this format.
        """
        try:
            return Index.parse(file.read_bytes(), str(file))
        except OSError as error:
            raise Refusal(f"{file} is not a readable shard index ({error}); make the shards again") from error

    @staticmethod
    def parse(content: bytes, where: str) -> "Index":
        """Read the content of an index.

        Raises: ``Refusal`` that says where it was found.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as columns:
                return Index(**{field.name: columns[field.name] for field in fields(Index)})
        except (OSError, ValueError, KeyError, EOFError, TypeError, RuntimeError, BadZipFile) as error:
            raise Refusal(f"{where} is not a readable shard index ({error}); make the shards again") from error

    @staticmethod
    def of(rows: Sequence[Row]) -> "Index":
        """Tabulate samples."""
        samples, media, origins, textures, runs = zip(*rows, strict=True)
        places = [place for run in runs for place in run]
        return Index(
            name=np.array([s.name for s in samples]),
            label=np.array([s.label for s in samples], np.int32),
            facts=np.array([[s.facts[f] for f in sorted(s.facts)] for s in samples], np.int32),
            extent=np.array([(m.frames, m.height, m.width) for m in media], np.int32),
            rate=np.array([m.rate for m in media], np.int32),
            origin=np.array(origins, np.int32),
            texture=np.array(textures, np.int32),
            key_frames=np.array([frame for m in media for frame in m.key_frames], np.int32),
            key_frames_end=np.cumsum([len(m.key_frames) for m in media], dtype=np.int64),
            extension=np.array([extension for s in samples for extension in s.media]),
            offset=np.array([place.offset for place in places], np.int64),
            size=np.array([place.size for place in places], np.int64),
            checksum=np.array([place.checksum for place in places], np.uint64),
            members_end=np.cumsum([len(run) for run in runs], dtype=np.int64),
        )

    @staticmethod
    def concatenate(parts: Sequence["Index"]) -> "Index":
        """Lay the indexes of several tars end to end."""
        joined = {field.name: [getattr(part, field.name) for part in parts] for field in fields(Index)}
        for end, ragged in (("key_frames_end", "key_frames"), ("members_end", "offset")):
            before = np.cumsum([0, *(len(run) for run in joined[ragged][:-1])])
            joined[end] = [ends + start for ends, start in zip(joined[end], before, strict=True)]
        return Index(**{name: np.concatenate(columns) for name, columns in joined.items()})
