"""What a run sees at a step, as a contact sheet: view 0, its negatives, its adversarial version and change, the others.

python tools/show_batch.py RECIPE --step 12 [--loader.shards DIR, or any other field of the recipe]

python tools/show_batch.py runs/mine --step 12      the same of a run, attacked with its newest checkpoint's weights
"""

import os
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Generic, TypeVar

import torch
import tyro
from torch import Tensor

from pipelines.batch import Batch
from pipelines.loader import Place
from shards.refusal import Refusal, one_sentence
from shards.several import Several, open_shards
from training.checkpoints import load_checkpoint, newest_checkpoint
from training.methods.method import MethodModule
from training.pretrain import parse_as
from training.recipes import RECIPES
from training.run import Pretrain, load_run
from training.sheets import draw_views, samples_shown
from training.trained import give_teacher

Recipe = TypeVar("Recipe")


@dataclass(frozen=True)
class Show(Generic[Recipe]):
    """One step of a run, to be looked at."""

    run: Annotated[Recipe, tyro.conf.arg(name="")]
    step: int = 0
    """Which step's batch."""
    sheet: Path | None = None
    """The picture's file; step-N.png in the run's folder unless given."""


def show(run: Pretrain, step: int, sheet: Path, trained: bool) -> None:
    """Write the sheet of one step and say what is on it.

    Args:
        trained: Attack with the weights of the newest checkpoint in the run's folder, not those that a run begins with.
    """
    if not 0 <= step < run.steps:
        raise Refusal(f"--step must lie in 0 … {run.steps - 1}, the steps of this run, got {step}")
    batch = batch_at(run, step)
    method, weights = weigh(run, trained)
    adversarial = attacked(run, method, batch, step / run.steps)
    shards, ids = open_shards(run.loader.shards), batch.ids.numpy(force=True)[: samples_shown(batch, adversarial)]
    names = [f"{number}  {shards.index.name[number]}" for number in ids]
    if isinstance(shards, Several):
        names = [f"{name}  {shards.folder_of(number)}" for name, number in zip(names, ids.tolist(), strict=True)]
    caption = f"step {step}, seed {run.seed}, {shards.folder}, "
    caption += "no attack" if adversarial is None else f"attack with weights: {weights}"
    if adversarial is not None and torch.equal(adversarial, batch.views[run.method.moved]):
        caption += " (no change: an empty queue has no negatives to move towards)"
    sheet.parent.mkdir(parents=True, exist_ok=True)
    draw_views(batch, adversarial, names, caption, run.method.moved).savefig(sheet)
    print(f"{caption}; the first {len(ids)} of {len(batch.ids)} samples (number, name, class):")
    for name, label in zip(names, shards.labels()[ids], strict=True):
        print(f"  {name}  {shards.manifest.classes['label'][label]}")
    print(f"sheet: {sheet}")


def batch_at(run: Pretrain, step: int) -> Batch:
    """The whole global batch of a step, opened as the training loop opens it."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    place = Place(device=device, threads=len(os.sched_getaffinity(0)))
    with closing(run.open(place, step)) as batches:
        return next(batches)


def weigh(run: Pretrain, trained: bool) -> tuple[MethodModule, str]:
    """The method's module, in training mode, and in words where its weights are from."""
    method = run.build(len(open_shards(run.loader.shards)))
    give_teacher(method)
    if not trained:
        return method, f"untrained, seed {run.seed}"
    checkpoint = newest_checkpoint(run.out / "checkpoints")
    if checkpoint is None:
        return method, f"untrained, seed {run.seed} (no checkpoint yet)"
    return method, f"checkpoint of step {load_checkpoint(checkpoint, method)}"


def attacked(run: Pretrain, method: MethodModule, batch: Batch, progress: float) -> Tensor | None:
    """A view, b t c h w, as the run's attack leaves it at a time of the run; ``None`` if it attacks nothing."""
    with torch.autocast(batch.ids.device.type, torch.bfloat16, enabled=run.precision == "bf16"):
        adversarial = run.attack(method.to(batch.ids.device), batch, progress)
    return adversarial.views[0] if adversarial else None


def main(words: list[str]) -> None:
    """Do what the command line asks for; a folder in the place of the recipe is a run's."""
    first = words[0] if words else ""
    folder = Path(first) if first not in RECIPES and ("/" in first or Path(first or "-").is_dir()) else None
    if folder:
        recipes, given = {**RECIPES, "run": load_run(folder)}, ["run", *words[1:]]
    else:
        recipes, given = RECIPES, words
    asked = parse_as(lambda kinds: Show[kinds], given, __doc__, recipes)
    run = asked.run
    show(run, asked.step, asked.sheet or run.out / f"step-{asked.step}.png", trained=folder is not None)
    print(f"next: python training/evaluate.py {folder} --test DIR" if folder else f"next: {_train(words)}")


def _train(words: list[str]) -> str:
    """The command that trains what was shown."""
    rest, skip = [], False
    for word in words:
        own = word.split("=")[0] in ("--step", "--sheet")
        if not own and not skip:
            rest.append(word)
        skip = own and "=" not in word
    return " ".join(["accelerate launch training/pretrain.py", *rest])


if __name__ == "__main__":
    with one_sentence():
        main(sys.argv[1:])
