"""Whether a tar is the one that was written, and every sample of its index lies in it as the index says."""

import hashlib
import json
import mmap
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from pathlib import Path

import xxhash

from shards.codecs import codec_of
from shards.dali_index import dali_index
from shards.index import Index
from shards.manifest import ShardEntry
from shards.refusal import Refusal
from shards.tar import BLOCK, END

Reason = tuple[str, str]  # name of the sample, empty for the whole file; what is wrong
Content = mmap.mmap | bytes
CHUNK = 2**24  # bytes hashed at a time


def map_tar(tar: Path) -> AbstractContextManager[Content]:
    """The bytes of a tar, none of them read yet."""
    if not tar.stat().st_size:
        return nullcontext(b"")  # nothing cannot be mapped
    with tar.open("rb") as stream:
        return closing(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))


def file_faults(tar: Path, entry: ShardEntry, full: bool, progress: Callable[[int], object]) -> Iterator[Reason]:
    """Presence, size and end; in full the hash too."""
    if not tar.is_file():
        yield "", "the tar is missing"
        return
    if tar.stat().st_size != entry.bytes:
        yield "", f"the tar has {tar.stat().st_size} bytes, the manifest says {entry.bytes}"
    with tar.open("rb") as stream:
        stream.seek(max(0, tar.stat().st_size - len(END)))
        if stream.read() != END:
            yield "", "the tar's end is missing"
    if not full:
        return
    found = hashlib.sha256()
    with map_tar(tar) as content:
        for start in range(0, len(content), CHUNK):
            chunk = content[start : start + CHUNK]
            found.update(chunk)
            progress(len(chunk))
    if found.hexdigest() != entry.tar_sha256:
        yield "", "the tar's SHA-256 is not the one in the manifest"


def content_faults(content: Content, index: Index, samples: Iterable[int], codecs: Counter[str]) -> Iterator[Reason]:
    """Files of the named samples that have changed. Counts the codec of each image or video that has not."""
    for sample in samples:
        name, run = str(index.name[sample]), _members(index, sample)
        for member in run:
            start, size, extension = int(index.offset[member]), int(index.size[member]), str(index.extension[member])
            found = content[start : start + size]
            if len(found) < size:
                yield name, f"its {extension} ends beyond the tar"
            elif xxhash.xxh3_64_intdigest(found) != index.checksum[member]:
                yield name, f"its {extension} has changed since it was written: another XXH3-64"
            elif member == run[0]:
                try:
                    codecs[codec_of(extension, found)] += 1
                except Refusal as refusal:
                    yield name, str(refusal)


def place_faults(tar: Path, content: Content, index: Index, facts: tuple[str, ...]) -> Iterator[Reason]:
    """Members of the tar that are not as the index says: names, places, labels, facts."""
    found = _walk(tar)
    end = max((start + -(-size // BLOCK) * BLOCK for start, size in found.values()), default=0)
    whole = content[end : end + len(END)] == END
    if not whole:
        yield "", f"no member of the tar can be found from byte {end} on"
    else:
        yield from _dali_faults(tar, found)
    for sample, name in enumerate(index.name.tolist()):
        for member in _members(index, sample):
            file = f"{name}.{index.extension[member]}"
            place = found.pop(file, None)
            if place is None and whole:
                yield name, f"the tar holds no {file}"
            elif place not in (None, (index.offset[member], index.size[member])):
                yield name, f"{file} lies at (byte, size) {place}, the index says elsewhere"
        yield from ((name, reason) for reason in _label_faults(found, content, index, sample, facts, whole))
    yield from (("", f"the index does not know {file}, which the tar holds") for file in found)


def _dali_faults(tar: Path, found: dict[str, tuple[int, int]]) -> Iterator[Reason]:
    file = tar.with_suffix(".idx")
    if not file.is_file():
        yield "", f"{file.name}, the index for DALI's own reader, is missing"
    elif file.read_text() != dali_index((name, *place) for name, place in found.items()):
        yield "", f"{file.name}, the index for DALI's own reader, does not say what the tar holds"


def _walk(tar: Path) -> dict[str, tuple[int, int]]:
    """Where each member's content lies, and its size, as far as the tar's headers can be read."""
    found = {}
    with suppress(tarfile.TarError, OSError, ValueError), tarfile.open(tar, "r:") as archive:
        for member in archive:
            found[member.name] = member.offset_data, member.size
    return found


def _label_faults(
    found: dict[str, tuple[int, int]], content: Content, index: Index, sample: int, facts: tuple[str, ...], whole: bool
) -> Iterator[str]:
    """What other readers of the tar would take for the sample's label and facts."""
    wanted: dict[str, object] = {"cls": int(index.label[sample])}
    if facts:
        wanted["json"] = {"label": wanted["cls"], **dict(zip(facts, index.facts[sample].tolist(), strict=True))}
    for extension, value in wanted.items():
        start, size = found.pop(f"{index.name[sample]}.{extension}", (0, 0))
        try:
            stated = json.loads(content[start : start + size])
        except ValueError:
            stated = None
        if stated != value and (size or whole):
            yield f"its {extension} in the tar says {stated}, the index {value}"


def _members(index: Index, sample: int) -> range:
    return range(index.members_end[sample - 1] if sample else 0, index.members_end[sample])
