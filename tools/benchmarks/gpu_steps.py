"""Training steps at full size on random pixels that are there already: compiled or not, in chunks or not."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from pipelines.batch import Batch
from pipelines.frames import Clip
from pipelines.loader import Loader
from tools.benchmarks.timed import Job, Row, timed
from training.attacks import PGD
from training.encoders import Timm, Video
from training.methods import ACL, MoCo, RoCL
from training.processes import open_accelerator
from training.run import Pretrain
from training.step import Begun, begin

NOWHERE = Path("random pixels")
SAMPLES = 50_000  # in the data set of which the batch would be: CIFAR-10's
SMALL = Pretrain(Loader(NOWHERE, batch=512, side=32), network=Timm("resnet18", small_stem=True), precision="bf16")
LARGE = replace(SMALL, loader=replace(SMALL.loader, batch=4096))
PICTURES = Pretrain(
    Loader(NOWHERE, batch=256, side=224), network=Timm("resnet50"), method=MoCo(queue=65536), precision="bf16"
)
CLIPS = Pretrain(
    Loader(NOWHERE, batch=64, side=112, clip=Clip(16)), network=Video("r3d_18"), method=MoCo(), precision="bf16"
)


def runs() -> Iterator[tuple[str, Pretrain]]:
    """Whose steps are timed."""
    acl = replace(SMALL, method=ACL(), attack=PGD())
    for compiled in (False, True):
        yield f"SimCLR ResNet-18 at 32, 512, compile {compiled}", replace(SMALL, compile=compiled)
        yield f"ACL ResNet-18 at 32, 512, compile {compiled}", replace(acl, compile=compiled)
    rocl = replace(SMALL, method=RoCL(), attack=PGD(steps=7, stride=0.007))  # as its official code has it
    yield "RoCL ResNet-18 at 32, 512", rocl
    yield "ACL ResNet-18 at 32, 512, chunk 256", replace(acl, chunk=256)
    for chunk in (0, 1024):
        yield f"SimCLR ResNet-18 at 32, 4096, chunk {chunk}", replace(LARGE, chunk=chunk)
    yield "ACL ResNet-18 at 32, 4096, chunk 1024", replace(acl, loader=LARGE.loader, chunk=1024)
    yield "MoCo ResNet-50 at 224, 256", PICTURES
    yield "MoCo ResNet-50 at 224, 256, compile", replace(PICTURES, compile=True)
    yield "MoCo R3D-18 at 16 x 112, 64", CLIPS


def begun(run: Pretrain) -> tuple[Begun, Batch]:
    """The run as it begins, and a batch of two views of random pixels, on the device that Accelerate finds."""
    loader, accelerator = run.loader, open_accelerator(run.precision, [], "")
    device = accelerator.device
    shape = loader.batch, loader.clip.length, 3, loader.side, loader.side
    made = begin(run, accelerator, SAMPLES)
    first, second = (torch.rand(shape, device=device) for _ in range(2))
    ids = torch.arange(loader.batch, device=device)
    return made, Batch((first, second), first[:, None][:, :0], ids, None, (), torch.zeros_like(ids))


def steps(rounds: int) -> list[Job]:
    """A job for each run."""
    return [Job(name, partial(_measure, run, rounds)) for name, run in runs()]


def _measure(run: Pretrain, rounds: int) -> Row:
    torch.manual_seed(0)
    torch.cuda.reset_peak_memory_stats()
    made, batch = begun(run)
    row, outcome = timed(lambda: made.take_step(batch, 1), rounds, run.loader.batch)
    peak = torch.cuda.max_memory_allocated() / 2**30
    return {**row, "more": {"GiB at peak": peak, "loss": outcome.loss.item()}}
