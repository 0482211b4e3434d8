"""Write a data set as WebDataset tars, one folder per split.

python tools/make_shards.py --out data/cifar10 folder --root $DATA/cifar10.tar

python tools/make_shards.py --out data/moving synthetic --medium video

A making that was stopped, however it was stopped, goes on when the same command is run again. On several machines that
see the same files, each does its part: --task-id 3 --num-tasks 8 (tools/slurm/), or engine:ray does it for all.
"""

import json
import os
import sys
from typing import Annotated, Literal

import tyro
from tqdm import tqdm

from pipelines.check import Check
from pipelines.decoders import Dali, Decoder, Decord, Plain
from shards.engines import Engine, Here
from shards.make import Task, finished_before, make_split
from shards.manifest import FILE_NAME, Manifest
from shards.media import Kind
from shards.plan import Plan
from shards.quarantine import QUARANTINE
from shards.refusal import Refusal, one_sentence
from shards.remote import open_target
from shards.sources import Source
from shards.target import Target
from shards.treat import Treatment

DECODERS: dict[Kind, Decoder] = {"image": Dali(), "video": Decord()}
SLURM = {"task_id": "SLURM_ARRAY_TASK_ID", "first": "SLURM_ARRAY_TASK_MIN", "num_tasks": "SLURM_ARRAY_TASK_COUNT"}


def make(
    source: tyro.conf.OmitArgPrefixes[Source],
    engine: Engine = Here(),  # noqa: B008, it is frozen
    out: str = "data/synthetic",
    jobs: Annotated[int, tyro.conf.arg(help_behavior_hint="(default: all usable cores)")] = len(
        os.sched_getaffinity(0)
    ),
    samples_per_shard: int = 1000,
    check: Literal["fast", "plain", "none"] = "fast",
    dedupe: bool = False,
    task_id: Annotated[int, tyro.conf.arg(help_behavior_hint=f"(default: ${SLURM['task_id']}, or 0)")] = -1,
    num_tasks: Annotated[int, tyro.conf.arg(help_behavior_hint=f"(default: ${SLURM['num_tasks']}, or 1)")] = -1,
) -> None:
    """Write every split of a source to OUT/SPLIT.

    Args:
        source: Where the samples come from.
        engine: Who makes the shards.
        out: Folder for the data sets, or a place that fsspec knows, such as s3://bucket/folder.
        jobs: Shards made at the same time, by default one per core that may be used; the bytes do not depend on it.
        samples_per_shard: Samples in a tar.
        check: Who decodes every sample in full before it may enter a tar: "fast" is Pillow and DALI for images, PyAV
            and decord for videos; "plain" is Pillow and PyAV alone, for runs with loader.decoder:plain; after "none" a
            run checks each sample as it meets it.
        dedupe: Leave out samples of the same bytes as one before them in the same split: equal samples repel each other
            in training.
        task_id: Which part of the work is done here, from 0 on.
        num_tasks: In how many parts the work is divided, for machines that share storage.
    """
    for name, value in (("jobs", jobs), ("samples-per-shard", samples_per_shard)):
        if value is not None and value < 1:
            raise Refusal(f"--{name} must be at least 1, got {value}")
    task = _task(task_id, num_tasks)
    splits = {split: listing for split, listing in source.splits().items() if listing.items}
    if not splits:
        raise Refusal("the source has no samples at all; check its options")
    target = open_target(out)
    plans = {}
    for split, listing in splits.items():
        decoder = Plain() if check == "plain" else DECODERS[listing.kind]
        treatment = Treatment(check=Check(listing.kind, decoder) if check != "none" else None)
        plans[split] = Plan(source, listing, samples_per_shard, treatment, dedupe=dedupe)
        finished_before(plans[split], target.inside(split))  # refuse before hours of work, not after
    for split, plan in plans.items():
        _make(split, plan, out, jobs, engine, task)
        _say(target.inside(split), plan)
    split, listing = next(iter(splits.items()))
    recipe = "simclr-synthetic" if listing.kind == "image" else "simclr-moving"
    print(f"next: accelerate launch training/pretrain.py {recipe} --loader.shards {out}/{split}")


def _make(split: str, plan: Plan, out: str, jobs: int | None, engine: Engine, task: Task) -> None:
    shards = range(task.number, plan.shards, task.of)
    total = sum(len(plan.items(shard)) for shard in shards[-1:]) + plan.samples_per_shard * max(len(shards) - 1, 0)
    unit = "tar" if plan.listing.whole else "sample"
    bar = tqdm(total=len(shards) if plan.listing.whole else total, unit=unit, desc=split, dynamic_ncols=True)
    size = left_out = 0
    with bar:
        for done in make_split(plan, open_target(out).inside(split), jobs, engine, task):
            if done.earlier:  # neither rate nor ETA may count it
                bar.total -= done.items
                bar.refresh()
                continue
            size, left_out = size + done.bytes, left_out + done.left_out
            bar.update(done.items)
            rate = size / 1e6 / max(bar.format_dict["elapsed"], 1e-9)
            bar.set_postfix_str(f"{rate:.1f} MB/s" + (f", {left_out} left out" if left_out else ""))


def _say(target: Target, plan: Plan) -> None:
    if FILE_NAME not in target.names():
        print(f"{target}: this part is done; the part that is done last writes the {FILE_NAME}")
        return
    manifest = Manifest.parse(target.read(FILE_NAME), str(target))
    checked = f"checked by {', '.join(manifest.checked)}" if manifest.checked else "not checked"
    print(f"{target}: {manifest.samples} {manifest.kind}s of {len(manifest.classes['label'])} classes, {checked}")
    if manifest.quarantined:
        found = len(plan.listing.items) + len(plan.listing.rejected)
        first = json.loads(target.read(QUARANTINE).partition(b"\n")[0])
        of = "" if plan.listing.whole else f" of {found}"
        print(
            f"{target}: {manifest.quarantined}{of} were left out, such as {first['name']!r}: {first['reason']}. "
            f"{target}/{QUARANTINE} has them all; mend or recode them and make the shards again, or go on without them"
        )


def _task(task_id: int, num_tasks: int) -> Task:
    """What was asked for or, in a Slurm array, what the array says."""
    said = {name: int(os.environ.get(variable, -1)) for name, variable in SLURM.items()}
    if num_tasks < 0 and task_id < 0 and said["task_id"] >= 0:
        return Task(said["task_id"] - max(said["first"], 0), max(said["num_tasks"], 1))
    return Task(max(task_id, 0), max(num_tasks, 1))


if __name__ == "__main__":
    words = sys.argv[1:] or ["synthetic"]
    with one_sentence():
        tyro.cli(make, args=words, description=__doc__, config=(tyro.conf.CascadeSubcommandArgs,))
