"""The cost of every method, attack and rule, and of every kind of negatives, beside a step of plain SimCLR."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from pipelines.frames import Clip
from pipelines.loader import Loader
from pipelines.negatives import Patches
from shards.refusal import Refusal
from tools.benchmarks import costs, losses, negatives
from tools.benchmarks.contenders import contenders
from tools.benchmarks.report import machine, write
from training.encoders import NarrowResNet, NarrowResNet3D
from training.processes import open_accelerator
from training.run import Pretrain
from training.step import begin

SAMPLES = 10_000  # in the data set of which the batch would be
NOWHERE = Path("random pixels")
MEDIA = {
    "images": Pretrain(Loader(NOWHERE, batch=256, side=32), network=NarrowResNet(width=16, stride=2, zero_init=False)),
    "clips": Pretrain(Loader(NOWHERE, batch=32, side=32, clip=Clip(8)), network=NarrowResNet3D(width=16)),
}


def compare_all(rounds: int, file: Path, media: Mapping[str, Pretrain] = MEDIA, embeddings: int = 1024) -> None:
    """Print tables and write ``file``.

    Args:
        media: A run of plain SimCLR for each.
        embeddings: How many samples a batch has whose losses are taken alone.
    """
    found: dict[str, Any] = {"machine": machine(), "device": _device()}
    for medium, run in media.items():
        found[medium] = _medium(medium, run, rounds)
        write(file, found)
    run = next(iter(media.values()))
    many = contenders(replace(run, loader=replace(run.loader, batch=embeddings)))
    found["losses"] = {"batch": embeddings, "rows": losses.losses(many, rounds)}
    print(losses.table(f"Losses alone, N = {embeddings}, forward and back", found["losses"]["rows"]))
    write(file, found)
    print(f"\nAll figures: {file}")


def _device() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


def _medium(medium: str, run: Pretrain, rounds: int) -> dict[str, Any]:
    accelerator, loader = open_accelerator(run.precision, [], ""), run.loader
    shape = 3, loader.batch, loader.clip.length, 3, loader.side, loader.side
    pixels = torch.randint(256, shape, generator=torch.Generator().manual_seed(0)) / 255
    clips = pixels.to(accelerator.device)
    patches = Patches()(clips[0], negatives.draws_of(loader.batch))
    steps, able, failed = {}, [], []
    for contender in contenders(run):
        begun = begin(contender.run, accelerator, SAMPLES)
        try:
            steps[contender.name] = costs.Steps(contender, begun, contender.batch(clips, patches))
            able.append(contender)
        except (Refusal, ImportError) as error:  # of what is not installed
            failed.append({"name": contender.name, "failure": str(error)})
    rows, made = costs.costs(able, steps, rounds) + failed, negatives.makings(pixels[0], rounds)
    print(costs.table(f"Steps on a batch of {loader.batch} {medium} that is there already", rows))
    print(negatives.line(made), flush=True, end="\n\n")
    return {"batch": loader.batch, "steps": rows, "milliseconds of making negatives": made}
