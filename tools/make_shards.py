"""Write a data set as WebDataset tars, one folder per split.

python tools/make_shards.py --out data/cifar10 folder --root $DATA/cifar10.tar

python tools/make_shards.py --out data/imagenet imagenet --root $DATA/ILSVRC2012 recode:smaller texture:stochastic

python tools/make_shards.py --out data/k400 --dry-run kinetics --root $DATA/k400 recode:h264 --recode.side 256

A making that was stopped, however it was stopped, goes on when the same command is run again. On several machines that
see the same files, each does its part: --task-id 3 --num-tasks 8 (tools/slurm/), or engine:ray does it for all.
"""

import os
import sys
from typing import Annotated, Literal

import tyro
from tqdm import tqdm

from pipelines.check import Check
from pipelines.decoders import Dali, Decord, Plain, PyAV, Turbo
from shards.engines import Engine, Here
from shards.estimate import refuse_if_full
from shards.make import Task, finished_before, make_split
from shards.plan import Plan
from shards.recode import Copy, JpegFrames, Recode
from shards.refusal import Refusal, one_sentence
from shards.remote import open_target
from shards.sources import Source
from shards.sources.listing import Listing
from shards.target import Target
from shards.textures import NoTexture, Texture
from shards.treat import Treatment
from tools.say_making import say_estimate, say_next, say_room, say_split

SLURM = {"task_id": "SLURM_ARRAY_TASK_ID", "first": "SLURM_ARRAY_TASK_MIN", "num_tasks": "SLURM_ARRAY_TASK_COUNT"}


def make(
    source: tyro.conf.OmitArgPrefixes[Source],
    recode: Recode = Copy(),  # noqa: B008, all three are frozen
    texture: Texture = NoTexture(),  # noqa: B008
    engine: Engine = Here(),  # noqa: B008
    out: str = "data/synthetic",
    jobs: int | None = None,
    samples_per_shard: int = 1000,
    check: Literal["fast", "decord", "plain", "none"] = "fast",
    dedupe: bool = False,
    dry_run: bool = False,
    task_id: Annotated[int, tyro.conf.arg(help_behavior_hint=f"(default: ${SLURM['task_id']}, or 0)")] = -1,
    num_tasks: Annotated[int, tyro.conf.arg(help_behavior_hint=f"(default: ${SLURM['num_tasks']}, or 1)")] = -1,
) -> None:
    """Write every split of a source to OUT/SPLIT.

    Args:
        source: Where the samples come from.
        recode: What is done to images or videos; the speed of every later run depends on it.
        texture: Which negatives are made of each sample's own surface, for loader.negatives:textures.
        engine: Who makes the shards.
        out: Folder for the data sets, or a place that fsspec knows, such as s3://bucket/folder.
        jobs: Shards made at the same time, by default one per core that may be used; the bytes do not depend on it.
        samples_per_shard: Samples in a tar.
        check: Who decodes every sample in full before it may enter a tar: "fast" is Pillow, turbo and DALI for
            images, PyAV with and without seeking for videos; "decord" and "plain" (Pillow and PyAV alone) are for runs
            with loader.decoder:decord or plain; after "none" a run checks each sample as it meets it.
        dedupe: Leave out samples of the same bytes as one before them in the same split: equal samples repel each other
            in training.
        dry_run: Write nothing; try a few samples of each split, and say what all would take.
        task_id: Which part of the work is done here, from 0 on.
        num_tasks: In how many parts the work is divided, for machines that share storage.
    """
    for name, value in (("jobs", jobs), ("samples-per-shard", samples_per_shard)):
        if value is not None and value < 1:
            raise Refusal(f"--{name} must be at least 1, got {value}")
    task, target = _task(task_id, num_tasks), open_target(out)
    splits = {split: listing for split, listing in source.splits().items() if listing.items}
    if not splits:
        raise Refusal("the source has no samples at all; check its options")
    plans = {
        split: Plan(source, listing, samples_per_shard, _treatment(listing, recode, texture, check), dedupe=dedupe)
        for split, listing in splits.items()
    }
    if dry_run:
        needed = sum(say_estimate(split, plan, jobs) for split, plan in plans.items())
        say_room(target, needed)
        return
    for split, plan in plans.items():
        if not finished_before(plan, target.inside(split)):  # refuse before hours of work, not after
            refuse_if_full(plan, target.inside(split))
    for split, plan in plans.items():
        _make(split, plan, target.inside(split), jobs, engine, task)
        say_split(target.inside(split), plan)
    say_next(target, plans)


def _treatment(listing: Listing, recode: Recode, texture: Texture, check: str) -> Treatment:
    if recode.kind not in (None, listing.kind):
        raise Refusal(f"{type(recode).__name__} recodes {recode.kind}s, the source has {listing.kind}s; see --help")
    stored = "frames" if isinstance(recode, JpegFrames) else listing.kind
    if check == "decord" and stored != "video":
        raise Refusal("--check decord is for video files, these samples are stored as images; leave it out")
    fast = (PyAV(),) if stored == "video" else (Turbo(), Dali())  # what runs take on a CPU, and on a GPU
    decoders = {"fast": fast, "decord": (Decord(),), "plain": (Plain(),)}
    return Treatment(
        None if isinstance(recode, Copy) else recode,
        None if isinstance(texture, NoTexture) else texture,
        None if check == "none" else Check(stored, decoders[check]),
    )


def _make(split: str, plan: Plan, target: Target, jobs: int | None, engine: Engine, task: Task) -> None:
    total = sum(plan.count(shard) for shard in range(task.number, plan.shards, task.of))
    bar = tqdm(total=total, unit="tar" if plan.listing.whole else "sample", desc=split, dynamic_ncols=True)
    size = left_out = 0
    with bar:
        for done in make_split(plan, target, jobs, engine, task):
            if done.earlier:  # neither rate nor ETA may count it
                bar.total -= done.items
                bar.refresh()
                continue
            size, left_out = size + done.bytes, left_out + done.left_out
            bar.update(done.items)
            rate = size / 1e6 / max(bar.format_dict["elapsed"], 1e-9)
            bar.set_postfix_str(f"{rate:.1f} MB/s" + (f", {left_out} left out" if left_out else ""))


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
