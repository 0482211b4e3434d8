"""Is a finished data set what was written? Every fault is found and named, none stops the search."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from shards.files import sha256
from shards.index import Index
from shards.manifest import FILE_NAME, SEAL_NAME, Manifest, ShardEntry
from shards.order import permutation
from shards.quarantine import QUARANTINE
from shards.refusal import Refusal
from shards.verify_index import trusted_index
from shards.verify_tar import Reason, content_faults, file_faults, map_tar, place_faults

LOOKED_AT = 64  # samples of a split whose bytes are read unless all are


class Fault(NamedTuple):
    """Something that is not as it was written."""

    shard: str
    """The shard's name; the file's where it belongs to no shard."""
    sample: str
    """The sample's name; empty where the fault is of the whole file."""
    reason: str


@dataclass
class Split:
    """A split, and what is wrong with it."""

    manifest: Manifest | None = None
    """``None`` if it cannot be read."""
    indexes: dict[str, Index] = field(default_factory=dict)
    """By shard, those that can be trusted."""
    codecs: Counter[str] = field(default_factory=Counter)
    """Of the samples whose bytes were read."""
    quarantine: Counter[str] = field(default_factory=Counter)
    """Samples that were left out when the split was made, by reason."""
    faults: list[Fault] = field(default_factory=list)

    @property
    def index(self) -> Index | None:
        """All indexes that can be trusted, end to end."""
        return Index.concatenate(list(self.indexes.values())) if self.indexes else None


def check_split(
    folder: Path, full: bool, threads: int = 1, progress: Callable[[int], object] = lambda _: None
) -> Split:
    """Check a finished split: presence, sizes and indexes; in full every byte as well.

    Args:
        threads: Shards checked at the same time.
        progress: Is told of so many bytes of tars each time they have been hashed, from any of the threads.

    Raises: ``Refusal`` if the folder holds no manifest, and so is no finished data set.
    """
    split = Split()
    try:
        split.manifest = manifest = Manifest.load(folder)
    except Refusal as refusal:
        if not (folder / FILE_NAME).is_file():
            raise
        split.faults.append(Fault(FILE_NAME, "", str(refusal)))
        return split
    split.faults += [Fault(file, "", reason) for file, reason in _manifest_faults(folder, manifest)]
    few = None if full else -(-LOOKED_AT // max(len(manifest.shards), 1))
    with ThreadPoolExecutor(threads) as pool:
        for found in pool.map(lambda entry: check_shard(folder, entry, manifest, few, progress), manifest.shards):
            split.indexes |= found.indexes
            split.codecs += found.codecs
            split.faults += found.faults
    split.faults += _names_that_come_twice(split.indexes)
    split.faults += _read_quarantine(folder, manifest.quarantined, split.quarantine)
    return split


def check_shard(
    folder: Path, entry: ShardEntry, manifest: Manifest, few: int | None, progress: Callable[[int], object]
) -> Split:
    """Check one shard; its bytes in full if ``few`` is ``None``, else those of ``few`` samples."""
    tar, found = folder / f"{entry.name}.tar", Split()
    faults = list(file_faults(tar, entry, few is None, progress))
    try:
        index = trusted_index(folder, entry, manifest)
        found.indexes[entry.name] = index
        if tar.is_file():
            samples = sorted(permutation(len(index), 0, 0)[:few].tolist())
            with map_tar(tar) as content:
                faults += content_faults(content, index, samples, found.codecs)
                if few is None:
                    faults += place_faults(tar, content, index, manifest.facts)
    except Refusal as refusal:
        faults.append(("", str(refusal)))
    found.faults = [Fault(entry.name, *fault) for fault in faults]
    return found


def _manifest_faults(folder: Path, manifest: Manifest) -> Iterator[Reason]:
    seal = folder / SEAL_NAME  # absent in data sets made before there were seals
    if seal.is_file() and seal.read_bytes() != f"{sha256(folder / FILE_NAME)}  {FILE_NAME}\n".encode():
        yield FILE_NAME, f"it is not the manifest that {SEAL_NAME} was written for"
    if manifest.samples != (total := sum(entry.samples for entry in manifest.shards)):
        yield FILE_NAME, f"it states {manifest.samples} samples, its shards have {total}"
    known = {f"{entry.name}{ending}" for entry in manifest.shards for ending in (".tar", ".index.npz")}
    for file in sorted({*folder.glob("*.tar"), *folder.glob("*.index.npz")}):
        if file.name not in known:
            yield file.name, "the manifest does not know this file"


def _names_that_come_twice(indexes: dict[str, Index]) -> Iterator[Fault]:
    home: dict[str, str] = {}
    for shard, index in indexes.items():
        for name in index.name.tolist():
            if home.setdefault(name, shard) != shard:
                yield Fault(shard, name, f"shard {home[name]} holds a sample of this name too")


def _read_quarantine(folder: Path, stated: int, reasons: Counter[str]) -> Iterator[Fault]:
    file = folder / QUARANTINE
    for number, line in enumerate(file.read_bytes().splitlines() if file.is_file() else (), start=1):
        try:
            reasons[str(json.loads(line)["reason"])] += 1
        except (ValueError, KeyError, TypeError):
            yield Fault(QUARANTINE, "", f"line {number} is no JSON object with a reason")
    if reasons.total() != stated:
        yield Fault(
            QUARANTINE, "", f"it lists {reasons.total()} samples, the manifest says that {stated} were left out"
        )
