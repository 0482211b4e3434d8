"""A plan to a finished data set: shards in any order, by any number of processes and machines, always the same bytes.

TARGET/making/plan.json         what is being made; another plan is refused until this one is finished
             /000000.json …     one record per finished shard, written after its tar and its index
             /task-0.lock       who is at work
TARGET/000000.tar …             complete or absent; the records say which belong to the data set
      /manifest.json            written last, by whoever finds all records there; then ``making`` goes
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from shards.engines import Engine
from shards.engines.here import Here
from shards.finish import Make, finish
from shards.lock import Held, locked
from shards.manifest import FILE_NAME, Manifest
from shards.plan import Plan
from shards.records import MAKING, read_record, record_name
from shards.refusal import Refusal
from shards.target import Target
from shards.unit import dismiss, make_shard
from shards.write import Written

PLAN_NAME = "plan.json"


@dataclass(frozen=True)
class Task:
    """The part of a plan that is done here: every ``of``-th shard, from ``number`` on."""

    number: int = 0
    of: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.of:
            raise Refusal(f"--task-id must lie in 0 … {self.of - 1}, for --num-tasks is {self.of}; got {self.number}")


@dataclass(frozen=True)
class Progress:
    """A shard that is finished."""

    items: int
    """Of the source, dealt with."""
    bytes: int
    """Of the tar."""
    left_out: int
    """Samples in quarantine."""
    earlier: bool = False
    """Made by a run before this one."""


def make_split(
    plan: Plan,
    target: Target,
    jobs: int | None = 1,
    engine: Engine = Here(),  # noqa: B008, it is frozen
    task: Task = Task(),  # noqa: B008, it is frozen
) -> Iterator[Progress]:
    """Make this task's part of a plan, and the manifest if it was the last part; tell of each shard as it is finished.

    A sample that cannot be had, is damaged, that the check refuses, or that takes too long is left out and listed with
    the reason in ``quarantine.jsonl``. Shard k is a pure function of (plan, k): neither ``jobs`` nor the engine, the
    number of tasks, the order of finishing or an interruption changes a byte. Where the same plan is finished already,
    nothing is done.

    Raises: ``Refusal`` if the target holds another data set, if somebody else is making this part, if the split has no
    samples, or none of them is sound.
    """
    if not plan.listing.items:
        raise Refusal(f"no samples for {target}; check the source's options")
    if finished_before(plan, target):
        return
    making = target.inside(MAKING)
    with locked(making, f"task-{task.number}-of-{task.of}.lock", str(target)):
        if finished_before(plan, target):  # by somebody else, since we asked
            return
        _begin(plan, target, making, task)
        mine, done = range(task.number, plan.shards, task.of), making.names()
        earlier = [(shard, read_record(making, shard)) for shard in mine if record_name(shard) in done]
        yield from (_progress(plan, shard, written, earlier=True) for shard, written in earlier)
        missing = (plan.unit(shard, target) for shard in mine if record_name(shard) not in done)
        try:
            for shard, written in engine(make_shard, missing, jobs):
                yield _progress(plan, shard, written)
            _finish_if_last(plan, target, making, partial(engine, make_shard, jobs=jobs))
        finally:
            dismiss()


def _finish_if_last(plan: Plan, target: Target, making: Target, make: Make) -> None:
    """Tasks that end together all find that nothing is missing: one finishes, the others have nothing to do."""
    if {record_name(shard) for shard in range(plan.shards)} <= making.names():
        with suppress(Held), locked(making, "finish.lock", str(target)):
            if not finished_before(plan, target):
                finish(plan, target, making, make)


def finished_before(plan: Plan, target: Target) -> bool:
    """Whether the target holds the result of this very plan.

    Raises: ``Refusal`` if it holds another data set.
    """
    if FILE_NAME not in target.names():
        return False
    if Manifest.parse(target.read(FILE_NAME), str(target)).plan != plan.fingerprint:
        raise Refusal(f"{target} already holds another data set; delete it or choose another --out")
    target.inside(MAKING).clear()  # if the last run was stopped between its last two deeds
    return True


def _begin(plan: Plan, target: Target, making: Target, task: Task) -> None:
    """Make sure that what lies there is of this plan, and that nobody divides it in another way at the same time."""
    there = making.names()
    if PLAN_NAME in there:
        if json.loads(making.read(PLAN_NAME))["fingerprint"] != plan.fingerprint:
            raise Refusal(
                f"{target} holds an unfinished making of something else (other options, other files, or other versions "
                "of what checks them); go on with that command, delete it, or choose another --out"
            )
    elif any(name.endswith(".tar") for name in target.names()):
        raise Refusal(f"{target} holds tars that were not made here; choose another --out, or move them away")
    else:
        making.write(PLAN_NAME, json.dumps({"fingerprint": plan.fingerprint, "shards": plan.shards}).encode())
    for name in there:
        if name.startswith("task-") and not name.endswith(f"-of-{task.of}.lock"):
            with locked(making, name, str(target)):
                pass


def _progress(plan: Plan, shard: int, written: Written, earlier: bool = False) -> Progress:
    size = written.entry.bytes if written.entry else 0
    return Progress(plan.count(shard), size, len(written.rejected), earlier)
