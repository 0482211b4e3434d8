"""A source to finished data sets, one per split, shards in parallel."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

from shards.files import sync_folder, write_atomically
from shards.manifest import FILE_NAME, Manifest, ShardEntry
from shards.order import permutation
from shards.refusal import Refusal
from shards.sample import Rejected
from shards.sources.listing import Listing, Source
from shards.validate import SECONDS, Check, Validator
from shards.write import write_shard

MIXING_SEED = 0  # items are mixed once, so that readers without an index see the classes mixed too
QUARANTINE = "quarantine.jsonl"
Written = tuple[ShardEntry | None, list[Rejected]]


def make_split(
    source: Source, listing: Listing, folder: Path, samples_per_shard: int, jobs: int,
    check: Check | None = None, seconds: float = SECONDS,
) -> Iterator[int]:  # fmt: skip
    """Write one split into ``folder`` and yield the number of samples dealt with, shard by shard as they are finished.

    A sample that is damaged, that ``check`` refuses, or that takes longer than ``seconds`` (longer beyond 10 MB) is
    left out and listed with the reason in ``quarantine.jsonl``. Shard k is a pure function of (listing, check, k):
    neither ``jobs`` nor the order of finishing changes a byte.

    Raises: ``Refusal`` if the folder already holds a data set, the split has no samples or none of them is sound.
    """
    refuse_leftovers(folder)
    if not listing.items:
        raise Refusal(f"no samples for {folder}; check the source's options")
    folder.mkdir(parents=True, exist_ok=True)
    mixed = [listing.items[i] for i in permutation(len(listing.items), MIXING_SEED, 0).tolist()]
    parts = [mixed[start : start + samples_per_shard] for start in range(0, len(mixed), samples_per_shard)]
    entries, rejected = [], []
    for part, (entry, left_out) in zip(parts, _write_all(source, parts, folder, jobs, check, seconds), strict=True):
        entries += [entry] if entry else []
        rejected += left_out
        yield len(part)
    _list_rejected(rejected, folder)
    if not entries:
        raise Refusal(
            f"none of the {len(mixed)} samples for {folder} is sound, such as {rejected[0].name!r}: "
            f"{rejected[0].reason}; {folder / QUARANTINE} has them all"
        )
    sync_folder(folder)
    checked, samples = check.libraries if check else (), sum(entry.samples for entry in entries)
    Manifest(listing.kind, samples, dict(listing.classes), tuple(entries), checked, len(rejected)).save(folder)
    sync_folder(folder)


def read_quarantine(folder: Path) -> list[Rejected]:
    """What was left out of a data set, in the order of the making."""
    file = folder / QUARANTINE
    return [Rejected(**json.loads(line)) for line in file.read_text().splitlines()] if file.is_file() else []


def refuse_leftovers(folder: Path) -> None:
    """Raise ``Refusal`` if ``folder`` holds a data set, or tars that readers without our index would read too."""
    if (folder / FILE_NAME).exists():
        raise Refusal(f"{folder} already holds a data set; delete it or choose another --out")
    if any(folder.glob("*.tar")):
        raise Refusal(f"{folder} holds tars of a making that was interrupted; delete it or choose another --out")


def _list_rejected(rejected: Sequence[Rejected], folder: Path) -> None:
    (folder / QUARANTINE).unlink(missing_ok=True)  # of an earlier making, in which nothing was sound
    if rejected:
        lines = (json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in rejected)
        write_atomically(folder / QUARANTINE, "".join(lines).encode())


def _write_all(
    source: Source, parts: Sequence[list], folder: Path, jobs: int, check: Check | None, seconds: float
) -> Iterator[Written]:
    tasks = [(source, part, folder, f"{number:06d}") for number, part in enumerate(parts)]
    if jobs == 1:
        with closing(Validator(check, seconds)) as validator:
            yield from (_write_part(task, validator) for task in tasks)
        return
    # "spawn": forking a process that already runs threads can deadlock it
    with ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (check, seconds)) as pool:
        yield from pool.map(_write_here, tasks)


def _write_part(task: tuple[Source, list, Path, str], validator: Validator) -> Written:
    source, items, folder, name = task
    return write_shard((s for item in items for s in source.samples(item)), folder, name, validator)


def _begin(check: Check | None, seconds: float) -> None:
    """Give a process of the pool the validator that serves all its shards: to start one takes seconds."""
    global _validator
    _validator = Validator(check, seconds)


def _write_here(task: tuple[Source, list, Path, str]) -> Written:
    return _write_part(task, _validator)
