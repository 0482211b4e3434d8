"""Say what pretrained encoders are worth: ``python training/evaluate.py RUN [RUN …] --train DIR --test DIR``.

Prints kNN accuracy on the test split for raw pixels, the untrained and the trained encoder; writes RUN/report.html.
"""

import json
import statistics
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import tyro
from accelerate import Accelerator
from torch import Tensor, nn
from tyro.conf import Positional

from shards.read import Shards
from shards.refusal import Refusal, one_sentence
from training.checkpoints import load_checkpoint, newest_checkpoint
from training.probes.features import extract
from training.probes.knn import knn_accuracy
from training.processes import settle
from training.report import write_report
from training.run import Pretrain, load_run

RAW_SIDE = 32


@dataclass(frozen=True)
class Evaluate:
    """kNN on the test split: the bank is the training split."""

    runs: Positional[tuple[Path, ...]]
    """Folders of runs; of several (seeds) the mean and the standard deviation are printed too."""
    test: Path
    """The test split's shards. Touched here only; choose nothing by it."""
    train: Path | None = None
    """The training split's shards; those of the run unless given."""
    neighbours: int = 200
    temperature: float = 0.1

    def __post_init__(self) -> None:
        if not self.runs:
            raise ValueError("name at least one run's folder")
        if self.neighbours < 1 or self.temperature <= 0:
            raise ValueError(f"need neighbours >= 1, temperature > 0, got {self.neighbours} and {self.temperature}")

    def __call__(self) -> None:
        tables = [self._one(folder) for folder in self.runs]
        if len(tables) > 1:
            _print_spread(tables)

    def _one(self, folder: Path) -> dict[str, dict[str, float]]:
        run = load_run(folder)
        train, test = Shards(self.train or run.loader.shards), Shards(self.test)
        if train.manifest.classes != test.manifest.classes or train.manifest.kind != test.manifest.kind:
            raise Refusal(
                f"{train.folder} and {test.folder} have other classes; make both splits by one make_shards.py"
            )
        accelerator = Accelerator(cpu=not torch.cuda.is_available(), mixed_precision=run.precision)
        place = settle(accelerator)
        table = {}
        modules = {
            "raw pixels": RawPixels(centred=False),
            "raw pixels, centred": RawPixels(centred=True),
            "untrained": _untrained(run),
            "trained": _trained(run),
        }
        for name, module in modules.items():
            module = module.to(accelerator.device)
            features = [extract(module, run.loader, s, np.arange(len(s)), place, accelerator) for s in (train, test)]
            table[name] = self._accuracies(features, train, test)
            print(f"{folder} · {name}: " + ", ".join(f"{fact} {value:.2f} %" for fact, value in table[name].items()))
        (folder / "evaluation.json").write_text(
            json.dumps({"knn": table, "k": self.neighbours, "test": len(test)}, indent=1)
        )
        write_report(folder, run, table, train, test, self.neighbours)
        print(f"{folder / 'report.html'} shows curves, views and this table")
        return table

    def _accuracies(self, features: list[tuple[Tensor, np.ndarray]], train: Shards, test: Shards) -> dict[str, float]:
        (bank, voters), (queries, asked) = features
        accuracies = {}
        for fact in ("label", *train.manifest.facts):
            labels, answers = (
                torch.from_numpy(shards.labels(fact)[samples].astype("int64")).to(bank.device)
                for shards, samples in ((train, voters), (test, asked))
            )
            accuracies[fact] = 100 * knn_accuracy(bank, labels, queries, answers, self.neighbours, self.temperature)
        return accuracies


class RawPixels(nn.Module):
    """The pixels as features, pooled to at most 32 by 32.

    Centred, each clip's mean is taken away; else the cosine mostly compares brightness. The stronger baseline differs
    from data set to data set, so both are shown.
    """

    def __init__(self, centred: bool):
        super().__init__()
        self.centred = centred

    def forward(self, views: Tensor) -> Tensor:
        side = min(views.shape[-1], RAW_SIDE)
        pixels = nn.functional.adaptive_avg_pool2d(views.flatten(0, 1), side).reshape(len(views), -1)
        return pixels - pixels.mean(1, keepdim=True) if self.centred else pixels


def _untrained(run: Pretrain) -> nn.Module:
    return run.build().encoder  # the very weights that the run began with


def _trained(run: Pretrain) -> nn.Module:
    checkpoint = newest_checkpoint(run.out / "checkpoints")
    if checkpoint is None:
        raise Refusal(f"{run.out} holds no intact checkpoint; train first: accelerate launch training/pretrain.py …")
    method = run.build()
    load_checkpoint(checkpoint, method)
    return method.encoder


def _print_spread(tables: list[dict[str, dict[str, float]]]) -> None:
    for name, facts in tables[0].items():
        for fact in facts:
            values = [table[name][fact] for table in tables]
            print(
                f"{len(values)} runs · {name} · {fact}: mean {statistics.mean(values):.2f} %, "
                f"standard deviation {statistics.stdev(values):.2f}"
            )


if __name__ == "__main__":
    with one_sentence():
        tyro.cli(Evaluate, description=__doc__)()
