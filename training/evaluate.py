"""Say what pretrained encoders are worth: ``python training/evaluate.py RUN [RUN …] [--train DIR] [--test DIR]``.

kNN of raw pixels, the untrained and the trained encoder. For both encoders a linear probe, its accuracy under attack
(PGD), alignment and uniformity. Writes report.html, a page with everything in it, and evaluation.json into each RUN; of
several runs mean and standard deviation over the seeds of each recipe, recipes side by side, into the folder --out.

Quick look: ``python training/evaluate.py runs/simclr-synthetic --attacked 100``
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import tyro
from tyro.conf import OmitArgPrefixes, Positional

from shards.files import write_atomically
from shards.refusal import one_sentence
from training.comparison import compared, groups, write_comparison
from training.evaluation import Material, Protocol
from training.processes import settle_alone
from training.report import write_joint_report, write_report
from training.run import load_run
from training.splits import facts_of_splits, splits_of
from training.tables import all_tables
from training.trained import trained, untrained
from training.values import describe


@dataclass(frozen=True)
class Evaluate:
    """Measure encoders; knobs are chosen on a part of the training split, the test split decides nothing."""

    runs: Positional[tuple[Path, ...]]
    """Folders of runs. The newest checkpoint of each is measured."""
    train: Path | None = None
    """The training split's shards; those of the run unless given, if it was trained on one data set."""
    test: Path | None = None
    """The test split's shards; unless given, the folder test, else val, beside the training split."""
    out: Path | None = None
    """Where the joint report of several runs goes; "joint" beside the first run unless given."""
    protocol: Protocol = field(default_factory=Protocol)

    def __post_init__(self) -> None:
        if not self.runs:
            raise ValueError("name at least one run's folder")

    def __call__(self) -> None:
        found = [self._one(folder) for folder in self.runs]
        if len(found) > 1:
            out = self.out or self.runs[0].absolute().parent / "joint"
            named = groups(found)
            if len(named) > 1:
                write_comparison(out, named)
            else:
                write_joint_report(out, found)
            print(*(f"{len(found)} runs · {line}" for table in compared(named) for line in table.lines()), sep="\n")
            print(f"{out / 'report.html'} shows mean and spread of {len(found)} runs")

    def _one(self, folder: Path) -> dict:
        run = load_run(folder)
        train, test = splits_of(run, self.train, self.test)
        accelerator, place = settle_alone("training/evaluate.py RUN")
        encoder, step = trained(run)
        encoders = {name: e.to(place.device) for name, e in (("untrained", untrained(run)), ("trained", encoder))}
        found = {
            "run": folder.name,
            "step": step,
            "recipe": describe(run),
            "protocol": describe(self.protocol),
            "data": facts_of_splits(train, test) | {"validation": {"samples": len(self.protocol.held(train))}},
            **self.protocol(encoders, Material(run.loader, train, test, accelerator, place)),
        }
        write_atomically(folder / "evaluation.json", json.dumps(found, indent=1).encode())
        write_report(folder, run, found)
        print(*(f"{folder} · {line}" for table in all_tables([found]) for line in table.lines()), sep="\n")
        print(f"{folder / 'report.html'} shows curves, views and these tables")
        return found


if __name__ == "__main__":
    with one_sentence():
        tyro.cli(Evaluate, description=__doc__, config=(OmitArgPrefixes,))()
