"""Whether an index is the one that was written, and says nothing that cannot be."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from shards.files import sha256
from shards.index import Index
from shards.manifest import Manifest, ShardEntry
from shards.media import Kind, kind_of
from shards.refusal import Refusal


def trusted_index(folder: Path, entry: ShardEntry, manifest: Manifest) -> Index:
    """One shard's index.

    Raises: ``Refusal`` with the reason if it is missing, another than was written, or contradicts the manifest.
    """
    file = folder / f"{entry.name}.index.npz"
    if not file.is_file():
        raise Refusal("the index is missing")
    if sha256(file) != entry.index_sha256:
        raise Refusal("the index's SHA-256 is not the one in the manifest")
    index = Index.load(file)
    wrong = list(_ragged(index)) or list(_contradictions(index, entry, manifest))
    if wrong:
        raise Refusal(f"the index {'; the index '.join(wrong)}")
    return index


def _ragged(index: Index) -> Iterator[str]:
    """Columns that do not fit together."""
    n, members = len(index.name), len(index.offset)
    for column, shape in {
        "label": (n,), "facts": (n, -1), "extent": (n, 3), "rate": (n, 2),
        "origin": (n, 3), "texture": (n, 2), "key_frames_end": (n,), "members_end": (n,),
        "extension": (members,), "size": (members,), "checksum": (members,),
    }.items():  # fmt: skip
        found = getattr(index, column).shape
        if len(found) != len(shape) or any(want not in (-1, have) for want, have in zip(shape, found, strict=True)):
            yield f"has a column {column} of shape {list(found)} for {n} samples with {members} files"
            return
    for ends, total, least in ((index.members_end, members, 1), (index.key_frames_end, len(index.key_frames), 0)):
        runs = np.diff(ends, prepend=0)
        if runs.sum() != total or (runs < least).any():
            yield f"divides {total} entries into runs of {runs.min(initial=0)} to {runs.max(initial=0)}"


def _contradictions(index: Index, entry: ShardEntry, manifest: Manifest) -> Iterator[str]:
    """What is at odds with the manifest."""
    if len(index) != entry.samples:
        yield f"lists {len(index)} samples, the manifest {entry.samples}"
    if len(set(index.name.tolist())) != len(index):
        yield "gives one name to several samples"
    facts = dict(zip(manifest.facts, index.facts.T, strict=False))
    if len(facts) != index.facts.shape[1]:
        yield f"has {index.facts.shape[1]} facts, the manifest names {', '.join(manifest.facts) or 'none'}"
    for fact, column in {"label": index.label, **facts}.items():
        known = len(manifest.classes.get(fact, ()))
        if ((column < 0) | (column >= known)).any():
            yield f"has {fact} {column.min()} to {column.max()}, the manifest names {known} classes"
    if (index.offset < 0).any() or (index.size < 0).any() or (index.offset + index.size > entry.bytes).any():
        yield "has places outside the tar"
    first = index.extension[[0, *index.members_end[:-1]]] if len(index) else index.extension[:0]
    others = sorted({extension for extension in first.tolist() if not _fits(extension, manifest.kind)})
    if others:
        yield f"has files of type {', '.join(others)} in a data set of {manifest.kind}s"
    if (index.extent < 1).any():
        yield "has samples without frames or pixels"


def _fits(extension: str, kind: Kind) -> bool:
    """Whether a sample's first file is of its kind; a video may be kept as pictures ("0000.jpg")."""
    number, _, ending = extension.rpartition(".")
    return kind_of(ending) == ("image" if number and kind == "video" else kind)
