"""Several data sets as one: their samples numbered end to end, their classes joined by name."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Literal

import numpy as np

from shards.index import Index
from shards.joint import join
from shards.read import MAPS, Shards
from shards.refusal import Refusal
from shards.sample import Buffer

UNLABELLED = "unlabelled"  # what sources call the one class of data without classes


class Several:
    """Every sample of several data sets by its number; what is asked of a sample is asked of its own data set."""

    def __init__(self, parts: Sequence[Shards]):
        """Join data sets.

        Raises: ``Refusal`` if they are not of one kind, or if two of them are the same.
        """
        self.parts = tuple(parts)
        self.manifest = join(self.parts)
        self.folder = " + ".join(str(part.folder) for part in self.parts)
        self._ends = [*accumulate(self.sizes)]

    @cached_property
    def index(self) -> Index:
        """The index of all data sets, end to end; labels and facts are numbers of the joint classes."""
        return Index.concatenate([self._renumbered(part) for part in self.parts])

    def __len__(self) -> int:
        return sum(self.sizes)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Samples of each data set."""
        return tuple(len(part) for part in self.parts)

    @property
    def stored(self) -> Literal["image", "video", "frames"]:
        """What every sample is kept as."""
        return self.parts[0].stored

    def media(self, sample: int) -> Buffer:
        part, own = self._find(sample)
        return part.media(own)

    def frames(self, sample: int, numbers: Iterable[int]) -> dict[int, Buffer]:
        part, own = self._find(sample)
        return part.frames(own, numbers)

    def texture(self, sample: int) -> Buffer | None:
        part, own = self._find(sample)
        return part.texture(own)

    def extension(self, sample: int) -> str:
        part, own = self._find(sample)
        return part.extension(own)

    def tar(self, sample: int) -> str:
        """The tar that holds the sample, with its data set's folder."""
        part, own = self._find(sample)
        return str(part.folder / part.tar(own))

    def folder_of(self, sample: int) -> Path:
        """The data set that the sample is from."""
        return self._find(sample)[0].folder

    @property
    def classes(self) -> np.ndarray | None:
        """The label of every sample, int32 [n]; ``None`` where some have none: strangers would be of one class."""
        names = self.manifest.classes["label"]
        return self.labels() if len(names) > 1 and UNLABELLED not in names else None

    def labels(self, fact: str = "label") -> np.ndarray:
        """The joint class of every sample: int32 of shape [n]."""
        return self.index.label if fact == "label" else self.index.facts[:, self.manifest.facts.index(fact)]

    def _find(self, sample: int) -> tuple[Shards, int]:
        number = bisect_right(self._ends, sample)
        return self.parts[number], sample - (self._ends[number - 1] if number else 0)

    def _renumbered(self, part: Shards) -> Index:
        columns = {fact: self._joint(part, fact) for fact in self.manifest.classes}
        facts = [columns[fact] for fact in self.manifest.facts]
        stacked = np.stack(facts, axis=1) if facts else np.empty((len(part), 0), np.int32)
        return replace(part.index, label=columns["label"], facts=stacked)

    def _joint(self, part: Shards, fact: str) -> np.ndarray:
        own, joint = part.manifest.classes[fact], self.manifest.classes[fact]
        if own == joint:
            return part.labels(fact)
        place = {name: number for number, name in enumerate(joint)}
        return np.array([place[name] for name in own], np.int32)[part.labels(fact)]


DataSet = Shards | Several
"""What a loader reads; ``open_shards`` makes it."""


def open_shards(folders: Path | Sequence[Path]) -> DataSet:
    """Open one data set, or several as one.

    Raises: ``Refusal`` if one of them is none, or if they do not belong together.
    """
    folders = [folders] if isinstance(folders, Path) else folders
    if not folders:
        raise Refusal(
            "no data set is named; give the folder of one split or more, such as --loader.shards data/mine/train"
        )
    parts = [Shards(folder, max(MAPS // len(folders), 1)) for folder in folders]
    return parts[0] if len(parts) == 1 else Several(parts)
