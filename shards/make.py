"""A source to finished data sets, one per split, shards in parallel."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from shards.files import sync_folder
from shards.manifest import FILE_NAME, Manifest, ShardEntry
from shards.order import permutation
from shards.refusal import Refusal
from shards.sources.listing import Listing, Source
from shards.write import write_shard

MIXING_SEED = 0  # items are mixed once, so that readers without an index see the classes mixed too


def make_split(source: Source, listing: Listing, folder: Path, samples_per_shard: int, jobs: int) -> Iterator[int]:
    """Write one split into ``folder`` and yield the number of samples in each shard as it is finished.

    Shard k is a pure function of (listing, k): neither ``jobs`` nor the order of finishing changes a byte.

    Raises: ``Refusal`` if the folder already holds a data set or the split has no samples.
    """
    refuse_leftovers(folder)
    if not listing.items:
        raise Refusal(f"no samples for {folder}; check the source's options")
    folder.mkdir(parents=True, exist_ok=True)
    mixed = [listing.items[i] for i in permutation(len(listing.items), MIXING_SEED, 0)]
    parts = [mixed[start : start + samples_per_shard] for start in range(0, len(mixed), samples_per_shard)]
    entries = []
    for entry in _write_all(source, parts, folder, jobs):
        entries.append(entry)
        yield entry.samples
    sync_folder(folder)
    Manifest(listing.kind, len(mixed), dict(listing.classes), tuple(entries)).save(folder)
    sync_folder(folder)


def refuse_leftovers(folder: Path) -> None:
    """Raise ``Refusal`` if ``folder`` holds a data set, or tars that readers without our index would read too."""
    if (folder / FILE_NAME).exists():
        raise Refusal(f"{folder} already holds a data set; delete it or choose another --out")
    if any(folder.glob("*.tar")):
        raise Refusal(f"{folder} holds tars of a making that was interrupted; delete it or choose another --out")


def _write_all(source: Source, parts: Sequence[list], folder: Path, jobs: int) -> Iterator[ShardEntry]:
    tasks = [(source, part, folder, f"{number:06d}") for number, part in enumerate(parts)]
    if jobs == 1:
        yield from map(_write_part, tasks)
        return
    # "spawn": forking a process that already runs threads can deadlock it
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_write_part, tasks)


def _write_part(task: tuple[Source, list, Path, str]) -> ShardEntry:
    source, items, folder, name = task
    return write_shard(map(source.sample, items), folder, name)
