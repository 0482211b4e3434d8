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
from shards.media import examine
from shards.refusal import Refusal
from shards.sample import Sample


def write_shard(samples: Iterable[Sample], folder: Path, name: str) -> ShardEntry:
    """Write ``folder/name.tar`` and ``folder/name.index.npz``.

    Beside its media each sample gets a ``.cls`` with its label and, where it has facts, a ``.json`` with all of them:
    the names that the ``webdataset`` library and DALI's own reader expect.

    Raises: ``Refusal`` that names the sample whose media cannot be read.
    """
    tar_file, index_file = folder / f"{name}.tar", folder / f"{name}.index.npz"
    examined = []
    with complete_or_absent(tar_file) as unfinished, unfinished.open("wb") as stream:
        with TarWriter(stream, encoder=False, mtime=0, user="", group="", mode=0o644) as tar:
            for sample in samples:
                tar.write({"__key__": sample.name, **sample.media, **_labels(sample)})
                known = replace(sample, media=dict.fromkeys(sample.media, b""))  # a shard of videos outgrows memory
                examined.append((known, _examine(sample)))
        stream.flush()
        places = _places(unfinished)
    rows = [(s, media, [places[f"{s.name}.{extension}"] for extension in s.media]) for s, media in examined]
    with complete_or_absent(index_file) as unfinished:
        Index.of(rows).save(unfinished)
    return ShardEntry(name, len(rows), tar_file.stat().st_size, sha256(tar_file), sha256(index_file))


def _labels(sample: Sample) -> dict[str, bytes]:
    members = {"cls": str(sample.label).encode()}
    if sample.facts:
        members["json"] = json.dumps({"label": sample.label, **sample.facts}, sort_keys=True).encode()
    return members


def _examine(sample: Sample):
    extension, content = next(iter(sample.media.items()))
    try:
        return examine(extension, content)
    except ValueError as error:
        raise Refusal(f"sample {sample.name!r}: {error}") from error


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
