"""Samples to one tar and its index: the same samples always make the same bytes."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from shards.dali_index import dali_index
from shards.index import Index, Row
from shards.manifest import ShardEntry
from shards.media import TEXTURE
from shards.refusal import Refusal
from shards.sample import Rejected, Sample
from shards.tar import TarWriter
from shards.target import Target
from shards.treat import Treated
from shards.validate import Validator


@dataclass(frozen=True)
class Written:
    """A shard, as it was written."""

    entry: ShardEntry | None
    """``None`` if no sample passed, and so there is no tar."""
    rejected: tuple[Rejected, ...]
    """What was left out, in the order of the samples."""


def write_shard(
    samples: Iterable[Sample | Rejected], target: Target, name: str, validator: Validator,
    drop: frozenset[str] = frozenset(),
) -> Written:  # fmt: skip
    """Write samples, without what the validator refuses and what is named in ``drop``.

    ``name.tar`` holds them, ``name.index.npz`` is our index, ``name.idx`` that of DALI's own reader.

    Beside its media each sample gets a ``.cls`` with its label and, where it has facts, a ``.json`` with all of them:
    the names that the ``webdataset`` library and DALI's own reader expect.
    """
    rejected: list[Rejected] = []
    chosen = (pair for pair in _treated(samples, validator, rejected) if pair[0].name not in drop)
    try:
        with target.file(f"{name}.tar") as unfinished, unfinished.open("wb") as stream:
            tar = TarWriter(stream)
            rows = [*_rows(tar, chosen)]
            if not rows:
                raise _Empty
            sha256 = tar.close()
    except _Empty:
        return Written(None, tuple(rejected))
    target.write(f"{name}.idx", dali_index(tar.members).encode())
    index = Index.of(rows).encoded()
    target.write(f"{name}.index.npz", index)
    entry = ShardEntry(name, len(rows), tar.size, sha256, hashlib.sha256(index).hexdigest())
    return Written(entry, tuple(rejected))


class _Empty(Exception):
    """No sample passed: the tar is given up."""


def _rows(tar: TarWriter, chosen: Iterable[tuple[Sample, Treated]]) -> Iterator[Row]:
    """Write samples, and say where they lie."""
    seen: set[str] = set()
    for sample, treated in chosen:
        if sample.name in seen:
            raise Refusal(f"{sample.name!r} comes twice; a source must give every sample a name of its own")
        seen.add(sample.name)
        for extension, content in _labels(sample).items():
            tar.add(f"{sample.name}.{extension}", content)
        places = [tar.add(f"{sample.name}.{extension}", content) for extension, content in sample.media.items()]
        known = replace(sample, media=dict.fromkeys(sample.media, b""))  # a shard of videos outgrows memory
        yield Row(known, treated.measured, treated.origin, treated.texture, places)


def _treated(
    samples: Iterable[Sample | Rejected], validator: Validator, rejected: list[Rejected]
) -> Iterator[tuple[Sample, Treated]]:
    """Samples with all that has been made of their media. What is refused goes to ``rejected``."""
    for sample in samples:
        if isinstance(sample, Rejected):
            rejected.append(sample)
            continue
        (extension, content), *others = sample.media.items()
        try:
            parts = validator(extension, content, sample.name, sample.segment)
            further = {ext: validator(ext, one, sample.name, further=True)[0].measured for ext, one in others}
        except Refusal as refusal:
            rejected.append(Rejected(sample.name, str(refusal)))
            continue
        for part in parts:
            if TEXTURE in further and TEXTURE not in part.media:
                part = replace(part, texture=(further[TEXTURE].height, further[TEXTURE].width))
            media = {**part.media, **{ext: one for ext, one in others if ext not in part.media}}
            yield replace(sample, name=sample.name + part.suffix, media=media), part


def _labels(sample: Sample) -> dict[str, bytes]:
    members = {"cls": str(sample.label).encode()}
    if sample.facts:
        members["json"] = json.dumps({"label": sample.label, **sample.facts}, sort_keys=True).encode()
    return members
