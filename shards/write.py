"""Samples to one tar and its index: the same samples always make the same bytes."""

import json
import tarfile
import zlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from webdataset.writer import TarWriter

from shards.files import complete_or_absent, sha256
from shards.index import Index, Place
from shards.manifest import ShardEntry
from shards.refusal import Refusal
from shards.sample import Rejected, Sample
from shards.validate import Validator


def write_shard(
    samples: Iterable[Sample], folder: Path, name: str, validator: Validator
) -> tuple[ShardEntry | None, list[Rejected]]:
    """Write ``folder/name.tar`` and ``folder/name.index.npz``, without the samples that the validator refuses.

    Beside its media each sample gets a ``.cls`` with its label and, where it has facts, a ``.json`` with all of them:
    the names that the ``webdataset`` library and DALI's own reader expect.

    Returns: what was written, ``None`` if no sample passed; and what was left out, in the order of the samples.
    """
    tar_file, index_file = folder / f"{name}.tar", folder / f"{name}.index.npz"
    passed, rejected = [], []
    with complete_or_absent(tar_file) as unfinished, unfinished.open("wb") as stream:
        with TarWriter(stream, encoder=False, mtime=0, user="", group="", mode=0o644) as tar:
            for sample in samples:
                try:
                    media = validator(*next(iter(sample.media.items())))
                except Refusal as refusal:
                    rejected.append(Rejected(sample.name, str(refusal)))
                    continue
                tar.write({"__key__": sample.name, **sample.media, **_labels(sample)})
                known = replace(sample, media=dict.fromkeys(sample.media, b""))  # a shard of videos outgrows memory
                passed.append((known, media))
        stream.flush()
        places = _places(unfinished)
    rows = [(s, media, [places[f"{s.name}.{extension}"] for extension in s.media]) for s, media in passed]
    if not rows:
        tar_file.unlink()
        return None, rejected
    with complete_or_absent(index_file) as unfinished:
        Index.of(rows).save(unfinished)
    return ShardEntry(name, len(rows), tar_file.stat().st_size, sha256(tar_file), sha256(index_file)), rejected


def _labels(sample: Sample) -> dict[str, bytes]:
    members = {"cls": str(sample.label).encode()}
    if sample.facts:
        members["json"] = json.dumps({"label": sample.label, **sample.facts}, sort_keys=True).encode()
    return members


def _places(tar_file: Path) -> dict[str, Place]:
    """Read the finished tar back: what is indexed is what lies on disk."""
    places = {}
    with tarfile.open(tar_file) as tar:
        for member in tar:
            content = tar.extractfile(member)
            assert content is not None, "only regular files were written"
            if member.name in places:
                raise Refusal(f"{member.name!r} comes twice; a source must give every sample a name of its own")
            places[member.name] = Place(member.offset_data, member.size, zlib.crc32(content.read()))
    return places
