"""Fine-tune a run and say how robust that made it: ``python training/finetune.py [RECIPE] RUN [--field value …]``.

``tuning:slf`` trains a linear layer on the frozen encoder, ``tuning:alf`` on attacked views; ``tuning:full`` trains all
weights, ``tuning:aff`` by TRADES. A RECIPE's name before RUN takes published values: RECIPES. Writes
RUN/tuned-NAME.json with the accuracy on the test split, clean and under PGD-20, and the classifier's tensors beside it.

Quick look: ``python training/finetune.py runs/mine --tuning.epochs 2 --robustness.attacked 100``
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tyro
from tyro.conf import CascadeSubcommandArgs, Positional

from shards.refusal import Refusal, one_sentence
from training.chunked import CHUNKS, Chunked
from training.evaluated import FILE, read_numbers
from training.material import Material
from training.processes import settle_alone
from training.provenance import made_by
from training.recipes.tuning import TUNINGS
from training.reports.of_run import write_run_report
from training.robustness.radii import Robustness
from training.run import Pretrain, load_run
from training.splits import facts_of_splits, splits_of
from training.trained import learned
from training.tuned import save_tuned, tuned_tables
from training.tuning import SLF, Tune
from training.tuning.loop import tune
from training.values import describe
from training.weights.origin import origin_of


@dataclass(frozen=True)
class Finetune:
    """Learn on the training split, for as long as was said; then measure once on the test split."""

    run: Positional[Path]
    """Folder of a run. Its newest checkpoint is fine-tuned, by the batch norms by which its method is measured."""
    tuning: Tune = field(default_factory=SLF)
    name: str | None = None
    """Of the results, RUN/tuned-NAME.json; the recipe's, else slf, alf, full or aff, unless given."""
    train: Path | None = None
    """The training split's shards; those of the run unless given, if it was trained on one data set."""
    test: Path | None = None
    """The test split's shards; unless given, the folder test, else val, beside the training split."""
    seed: int = 0
    """Of the order, and of every draw."""
    together: int = 128
    """Clips that the classifier sees at once when it is attacked; fewer need less memory."""
    robustness: Robustness = field(default_factory=lambda: Robustness((8.0,), radii_l2=(), stride=5.0, attacked=0))
    """As published: 8/255 in steps of 2/255, on all test samples."""

    def __post_init__(self) -> None:
        if self.name is not None and not re.fullmatch(r"[\w.-]+", self.name):
            raise ValueError(f"name becomes a part of a file's name, got {self.name!r}; use letters, digits, . and -")
        if self.together < 1:
            raise ValueError(f"together must be at least 1, got {self.together}")

    def __call__(self) -> dict:
        """What was found, as it is saved."""
        run = load_run(self.run)
        train, test = splits_of(run, self.train, self.test)
        accelerator, place = settle_alone("training/finetune.py RUN")
        encoder, step = learned(run)
        classifier, loss = tune(self.tuning, encoder, run.method.measured_branch, run.loader, train, self.seed, place)
        material = Material(run.loader, train, test, Chunked(run.out / CHUNKS, accelerator, place), self.together)
        measured = self.robustness({"tuned": classifier}, np.arange(len(test)), material)["tuned"]
        found = {
            "name": self.name or type(self.tuning).__name__.lower(),
            "run": run.out.name,
            "step": step,
            **origin_of(run.out),
            "finetune": describe(self),
            "recipe": describe(run),
            "data": facts_of_splits(train, test),
            "chance": 100 / len(train.manifest.classes["label"]),
            "loss": loss,
            "provenance": made_by() | {"parts": material.chunked.made},
            "robustness": measured,
        }
        file = save_tuned(run.out, classifier, found)
        print(*(line for table in tuned_tables([found]) for line in table.lines()), sep="\n")
        print(f"{file} holds these numbers, {file.with_suffix('.safetensors').name} the classifier")
        _report_again(run)
        return found


def _report_again(run: Pretrain) -> None:
    """Where a report was written, write it with what is new."""
    if not (run.out / FILE).is_file():
        return
    try:
        write_run_report(run.out, run, read_numbers(run.out))
        print(f"{run.out / 'report.html'} shows them too")
    except Refusal as old:  # what was fine-tuned for hours is saved already
        print(f"{run.out / 'report.html'} does not show them: {old}")


def parse(words: list[str]) -> Finetune:
    """What a command line asks for.

    Raises: ``Refusal`` if it begins with what is neither a recipe nor a folder.
    """
    first = words[0] if words else "--help"
    if not first.startswith("-") and first not in TUNINGS and not Path(first).is_dir():
        raise Refusal(f"{first} is neither a run's folder nor a recipe; recipes are {', '.join(TUNINGS)}")
    name, rest = (first, words[1:]) if first in TUNINGS else (None, words)
    given = Finetune(Path("RUN"), TUNINGS[name] if name else SLF(), name)
    said = (__doc__ or "").replace("RECIPES", ", ".join(TUNINGS))
    return tyro.cli(Finetune, args=rest, default=given, description=said, config=(CascadeSubcommandArgs,))


if __name__ == "__main__":
    with one_sentence():
        parse(sys.argv[1:])()
