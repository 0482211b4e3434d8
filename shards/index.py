"""The sidecar index of a tar: where every sample lies and what is known of it, as plain numpy arrays.

It is an uncompressed ``.npz`` that holds no Python objects, so reading one executes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from shards.media import Media
from shards.refusal import Refusal
from shards.sample import Sample


@dataclass(frozen=True)
class Place:
    """Where one member's content lies in its tar."""

    offset: int
    size: int
    checksum: int
    """CRC-32 of the content."""


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
    """uint32 [all members]: CRC-32 of the content"""
    members_end: np.ndarray
    """int64 [n]"""

    def __len__(self) -> int:
        return len(self.name)

    def key_frames_of(self, sample: int) -> np.ndarray:
        """Numbers of one sample's key frames: int32 [k]."""
        start = self.key_frames_end[sample - 1] if sample else 0
        return self.key_frames[start : self.key_frames_end[sample]]

    def save(self, file: Path) -> None:
        with file.open("wb") as stream:
            np.savez(stream, **{field.name: getattr(self, field.name) for field in fields(self)})

    @staticmethod
    def load(file: Path) -> "Index":
        """Read an index.

        Raises: ``Refusal`` if the file is no index of this format.
        """
        try:
            with file.open("rb") as stream, np.load(stream, allow_pickle=False) as columns:
                return Index(**{field.name: columns[field.name] for field in fields(Index)})
        except (OSError, ValueError, KeyError, EOFError, TypeError, RuntimeError, BadZipFile) as error:
            raise Refusal(f"{file} is not a readable shard index ({error}); make the shards again") from error

    @staticmethod
    def of(samples: Sequence[tuple[Sample, Media, Sequence[Place]]]) -> "Index":
        """Tabulate samples, each with what was measured of it and the places of its media."""
        all_samples, media, places = zip(*samples, strict=True)
        members = [place for run in places for place in run]
        return Index(
            name=np.array([s.name for s in all_samples]),
            label=np.array([s.label for s in all_samples], np.int32),
            facts=np.array([[s.facts[f] for f in sorted(s.facts)] for s in all_samples], np.int32),
            extent=np.array([(m.frames, m.height, m.width) for m in media], np.int32),
            rate=np.array([m.rate for m in media], np.int32),
            key_frames=np.array([frame for m in media for frame in m.key_frames], np.int32),
            key_frames_end=np.cumsum([len(m.key_frames) for m in media], dtype=np.int64),
            extension=np.array([extension for s in all_samples for extension in s.media]),
            offset=np.array([place.offset for place in members], np.int64),
            size=np.array([place.size for place in members], np.int64),
            checksum=np.array([place.checksum for place in members], np.uint32),
            members_end=np.cumsum([len(run) for run in places], dtype=np.int64),
        )

    @staticmethod
    def concatenate(parts: Sequence["Index"]) -> "Index":
        """Lay the indexes of several tars end to end."""
        joined = {field.name: [getattr(part, field.name) for part in parts] for field in fields(Index)}
        for end, ragged in (("key_frames_end", "key_frames"), ("members_end", "offset")):
            before = np.cumsum([0, *(len(run) for run in joined[ragged][:-1])])
            joined[end] = [ends + start for ends, start in zip(joined[end], before, strict=True)]
        return Index(**{name: np.concatenate(columns) for name, columns in joined.items()})
