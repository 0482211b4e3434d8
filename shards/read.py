"""A finished data set, open for random access."""

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Literal

import numpy as np
import xxhash

from shards.files import sha256
from shards.index import Index
from shards.manifest import Manifest, ShardEntry
from shards.mapped import mapped
from shards.media import TEXTURE, kind_of
from shards.refusal import Refusal
from shards.sample import Buffer

MAPS = 256  # tars mapped at a time, beside those that somebody still looks at


class Changed(Refusal):
    """A sample's bytes are not those that were written."""


class Shards:
    """Every sample of one split by its number, read from memory-mapped tars."""

    def __init__(self, folder: Path, maps: int = MAPS):
        """Open a data set, with at most ``maps`` tars mapped at a time.

        Raises: ``Refusal`` if the folder holds none, or a tar is missing or has changed its size.
        """
        self.folder = folder
        self.manifest = Manifest.load(folder)
        self._map = lru_cache(maps)(self._open)
        for entry in self.manifest.shards:
            tar = folder / f"{entry.name}.tar"
            if not tar.is_file() or tar.stat().st_size != entry.bytes:
                found = f"{tar.stat().st_size} bytes" if tar.is_file() else "no such file"
                raise Refusal(f"{tar}: {found}, the manifest says {entry.bytes} bytes; make the shards again")
        self._ends = [*accumulate(entry.samples for entry in self.manifest.shards)]

    @cached_property
    def index(self) -> Index:
        """The index of all shards, end to end."""
        index = Index.concatenate([self._part(entry) for entry in self.manifest.shards])
        if len(index) != self.manifest.samples:
            raise Refusal(
                f"{self.folder}: the indexes list {len(index)} samples, the manifest {self.manifest.samples}; "
                "make the shards again"
            )
        return index

    def __len__(self) -> int:
        return self.manifest.samples

    @property
    def sizes(self) -> tuple[int, ...]:
        """Samples of each data set that is open: one here, more in ``shards/several.py``."""
        return (len(self),)

    @cached_property
    def stored(self) -> Literal["image", "video", "frames"]:
        """What each sample is kept as: a picture, a video file, or a picture per frame of a video."""
        if self.manifest.kind == "video" and kind_of(self.extension(0).rpartition(".")[2]) == "image":
            return "frames"
        return self.manifest.kind

    def media(self, sample: int) -> Buffer:
        """The sample's image or video, as encoded.

        Raises: ``Changed`` if the bytes are not those that were written.
        """
        return self._content(sample, self._members(sample).start)

    def frames(self, sample: int, numbers: Iterable[int]) -> dict[int, Buffer]:
        """Some frames of a video that is kept as pictures, by number.

        Raises: ``Changed`` if their bytes are not those that were written.
        """
        first = self._members(sample).start
        return {number: self._content(sample, first + number) for number in numbers}

    def texture(self, sample: int) -> Buffer | None:
        """The picture that was made of the sample's texture; ``None`` if none was.

        Raises: ``Changed`` if the bytes are not those that were written.
        """
        found = [m for m in self._members(sample) if self.index.extension[m] == TEXTURE]
        return self._content(sample, found[0]) if found else None

    def extension(self, sample: int) -> str:
        """What the sample's image, video or first frame is called after the dot: "jpg", "mp4", "0000.jpg"."""
        return str(self.index.extension[self._members(sample).start])

    def tar(self, sample: int) -> str:
        """The file name of the tar that holds the sample."""
        return f"{self.manifest.shards[self._shard(sample)].name}.tar"

    @property
    def classes(self) -> np.ndarray | None:
        """The label of every sample, int32 [n]; ``None`` where there is but one class, so that labels say nothing."""
        return self.labels() if len(self.manifest.classes["label"]) > 1 else None

    def labels(self, fact: str = "label") -> np.ndarray:
        """The class of every sample: int32 of shape [n]."""
        return self.index.label if fact == "label" else self.index.facts[:, self.manifest.facts.index(fact)]

    def _members(self, sample: int) -> range:
        ends = self.index.members_end
        return range(ends.item(sample - 1) if sample else 0, ends.item(sample))

    def _content(self, sample: int, member: int) -> Buffer:
        index, start = self.index, self.index.offset.item(member)
        content = self._map(self._shard(sample))[start : start + index.size.item(member)]
        if xxhash.xxh3_64_intdigest(content) != index.checksum.item(member):
            where = self.folder / self.tar(sample)
            raise Changed(f"{where}: sample {str(index.name[sample])!r} has changed since it was written")
        return content

    def _shard(self, sample: int) -> int:
        return bisect_right(self._ends, sample)

    def _part(self, entry: ShardEntry) -> Index:
        file = self.folder / f"{entry.name}.index.npz"
        index = Index.load(file)
        if sha256(file) != entry.index_sha256:
            raise Refusal(f"{file} is not the index that was written with its tar; make the shards again")
        return index

    def _open(self, shard: int) -> memoryview:
        return mapped(self.folder / f"{self.manifest.shards[shard].name}.tar")
