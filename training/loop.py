"""The training loop, start to end."""

from collections.abc import Callable, Iterator
from contextlib import closing

import torch
from accelerate import Accelerator
from torch.profiler import record_function

from pipelines.batch import Batch
from pipelines.clock import Clock
from pipelines.faults import Faults
from shards.keyed import philox, purpose_key
from shards.several import DataSet, open_shards
from training.broken import BrokenSamples
from training.checkpoints import load_checkpoint, read_state, save_checkpoint
from training.encoders import Encoder
from training.fit import check_data
from training.floor import step_without_data
from training.processes import open_accelerator, settle
from training.progress import Progress
from training.resume import check_same_run, checkpoint_to_resume, facts_of
from training.run import Pretrain, save_run
from training.speed import Speed
from training.step import TakeStep, begin
from training.traced import check_steps, traced
from training.trackers import JsonLines, forget_after


def pretrain(run: Pretrain) -> Encoder:
    """Train, with metrics, probes and checkpoints in ``run.out``. Returns: the trained encoder.

    Raises: ``Refusal`` if the run cannot be what it says.
    """
    checkpoint = checkpoint_to_resume(run)
    first = read_state(checkpoint)["step"] if checkpoint else 0
    check_steps(run, first)
    accelerator = open_accelerator(run.precision, ["tensorboard", JsonLines(run.out)], str(run.out))
    place = settle(accelerator)
    shards, clock, faults = open_shards(run.loader.shards), Clock(), Faults()
    with closing(run.open(place, first, clock, faults)) as batches:
        facts = facts_of(run, shards, place)
        if checkpoint:
            check_same_run(checkpoint, facts, run.allow_decoder_change)
        check_data(run.method, run.false_negatives, shards)
        _announce(run, accelerator, shards, first)
        method, optimizer, take_step = begin(run, accelerator, len(shards))
        floor = step_without_data(run, place, take_step, method, optimizer)
        if checkpoint:
            load_checkpoint(checkpoint, method, optimizer)

        def probe(done: int) -> None:
            progress.probed(done, run.probe(method.measured, run.loader, shards, place, accelerator, faults))

        def save(done: int) -> None:
            if accelerator.is_main_process:
                save_checkpoint(run.out / "checkpoints", done, method, optimizer, facts)
            accelerator.wait_for_everyone()

        broken = BrokenSamples(accelerator, run, faults, first)
        broken.announce(shards)
        speed = Speed(accelerator, clock, run.loader.batch, place.threads, floor)
        progress = Progress(accelerator, run, speed, broken, first)
        _train(run, first, batches, take_step, progress, probe, save)
        progress.close()
        broken.close()
    accelerator.end_training()
    return method.measured


def _train(
    run: Pretrain, first: int, batches: Iterator[Batch], take_step: TakeStep, progress: Progress,
    probe: Callable[[int], None], save: Callable[[int], None],
) -> None:  # fmt: skip
    rank, speed = progress.accelerator.process_index, progress.speed
    if run.probe.every and first == 0:
        with speed.pause():
            probe(0)
    for step in traced(run, first, rank):
        with speed.clock("stall"):
            batch = next(batches)
        _seed_torch(run.seed, step, rank)
        with record_function("compute"):
            outcome = take_step(batch, step)
        done, last = step + 1, step + 1 == run.steps
        progress.step(done, outcome)
        with speed.pause():
            if run.probe.every and (done % run.probe.every == 0 or last):
                probe(done)
            if done % run.checkpoint_every == 0 or last:
                save(done)


def _announce(run: Pretrain, accelerator: Accelerator, shards: DataSet, first: int) -> None:
    accelerator.init_trackers("tensorboard")
    if not accelerator.is_main_process:
        return
    save_run(run)
    forget_after(run.out, first)
    print(
        f"{len(shards)} {shards.manifest.kind}s of {shards.folder}, batches of {run.loader.batch}, steps {first} "
        f"to {run.steps} ({_epochs(run, shards)} epochs in all), {accelerator.num_processes} "
        f"process(es) on {accelerator.device}, {torch.get_num_threads()} threads each{_chunks(run)} → {run.out}"
    )


def _chunks(run: Pretrain) -> str:
    if not run.chunk:
        return ""
    ghost = "" if run.norm == "group" else ", each normalised by itself where there is batch norm (ghost batch norm)"
    return f", chunks of {run.chunk}{ghost}"


def _epochs(run: Pretrain, shards: DataSet) -> str:
    """How often each data set is seen, where they are mixed; else how often all samples are."""
    drawn, mixture = run.steps * run.loader.batch, run.loader.mixture(shards)
    seen = mixture.epochs(drawn).tolist() if mixture else [drawn / len(shards)]
    return " + ".join(f"{epochs:.1f}" for epochs in seen)


def _seed_torch(seed: int, step: int, rank: int) -> None:
    """Torch's global generators (dropout, stochastic depth) as a function of the step, so that they need no saving."""
    word, *_ = philox((step, rank, 0, 0), (seed, purpose_key("torch")))
    torch.manual_seed(int(word))
