"""The records of all shards to a manifest: the last step of a making, the same whoever takes it, and however often."""

from collections.abc import Callable, Iterable, Iterator

from shards.index import Index
from shards.manifest import Manifest
from shards.plan import Plan
from shards.quarantine import QUARANTINE, write_quarantine
from shards.records import read_record, record_name
from shards.refusal import Refusal
from shards.sample import Rejected
from shards.target import Target
from shards.twins import content_keys
from shards.unit import Unit
from shards.write import Written

Make = Callable[[Iterable[Unit]], Iterator[tuple[int, Written]]]
"""Makes shards, in any order, and their records."""


def finish(plan: Plan, target: Target, making: Target, make: Make) -> None:
    """Write the manifest and what belongs beside it, and clear away the records.

    Raises: ``Refusal`` if no sample at all is sound.
    """
    records = {shard: read_record(making, shard) for shard in range(plan.shards)}
    if plan.dedupe:
        records |= _without_twins(plan, target, making, records, make)
    entries = tuple(written.entry for _, written in sorted(records.items()) if written.entry)
    rejected = [*plan.listing.rejected, *(one for _, written in sorted(records.items()) for one in written.rejected)]
    write_quarantine(rejected, target)
    if not entries:
        making.clear()
        raise Refusal(
            f"none of the {len(plan.listing.items)} samples for {target} is sound, such as {rejected[-1].name!r}: "
            f"{rejected[-1].reason}; {target}/{QUARANTINE} has them all"
        )
    libraries, samples = plan.treatment.libraries, sum(entry.samples for entry in entries)
    manifest = Manifest(
        plan.listing.kind, samples, dict(plan.listing.classes), entries, libraries, len(rejected),
        plan.treatment.made, plan.fingerprint,
    )  # fmt: skip
    for name in target.names():
        if name.endswith(".part"):  # of processes that were killed
            target.remove(name)
    manifest.save(target)
    making.clear()


def _without_twins(
    plan: Plan, target: Target, making: Target, records: dict[int, Written], make: Make
) -> dict[int, Written]:
    """Make those shards again that hold what an earlier one, or an earlier place, holds too. Returns: their records."""
    first: dict[int, str] = {}
    twins: dict[int, list[Rejected]] = {}
    for shard, written in sorted(records.items()):
        if written.entry is None:
            continue
        index = Index.parse(target.read(f"{written.entry.name}.index.npz"), str(target))
        for name, key in zip(index.name.tolist(), content_keys(index).tolist(), strict=True):
            if first.setdefault(key, name) != name:
                twins.setdefault(shard, []).append(Rejected(name, f"the same bytes as {first[key]!r}"))
    for shard in twins:  # whoever is stopped from here on makes these in full, and then finds the same twins
        making.remove(record_name(shard))
    found = {}
    for shard, written in make(plan.unit(shard, target, tuple(drop)) for shard, drop in twins.items()):
        found[shard] = written
        if written.entry is None:
            for ending in ("tar", "index.npz", "idx"):
                target.remove(f"{shard:06d}.{ending}")
    return found
