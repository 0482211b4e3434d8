"""Say what pretrained encoders are worth: ``python training/evaluate.py RUN [RUN …] [--train DIR] [--test DIR]``.

Of raw pixels, the untrained and the trained encoder: what their features know (kNN), what a linear probe reads from
them, how easily both are broken, how they lie on the sphere. Writes report.html, a page with everything in it,
report.md, evaluation.json and plots/ into each RUN; of several runs also a report of all, side by side, mean and
standard deviation over the seeds of each recipe, into the folder --out.

What was interrupted goes on when the same command is typed again: what is measured lies in RUN/evaluation, which may be
deleted afterwards. Several processes share the work:
``accelerate launch training/evaluate.py RUN``.

Quick look: ``python training/evaluate.py RUN --robustness.attacked 100``
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro
from tyro.conf import Positional

from shards.files import write_atomically
from shards.refusal import one_sentence
from training.chunked import CHUNKS, Chunked
from training.comparison import Comparison
from training.evaluated import FILE, FORMAT
from training.evaluation import Protocol
from training.material import Material
from training.processes import settle_together
from training.provenance import made_by
from training.reports.of_run import write_run_report
from training.reports.writing import tables_of
from training.run import load_run
from training.splits import facts_of_splits, splits_of
from training.trained import trained, untrained
from training.values import as_json, describe
from training.weights.origin import origin_of

LARGE = 10**9  # bytes of files for the next evaluation, above which somebody may want to know of them


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
    protocol: Annotated[Protocol, tyro.conf.arg(name="")] = field(default_factory=Protocol)

    def __post_init__(self) -> None:
        if not self.runs:
            raise ValueError("name at least one run's folder")

    def __call__(self) -> None:
        found = [one for one in map(self._one, self.runs) if one is not None]
        if len(found) > 1:
            Comparison()(self.out or self.runs[0].absolute().parent / "joint", self.runs)

    def _one(self, folder: Path) -> dict | None:
        """What was found of a run, as it is saved; ``None`` on all processes but the first."""
        run = load_run(folder)
        train, test = splits_of(run, self.train, self.test)
        accelerator, place = settle_together()
        encoder, step = trained(run)
        encoders = {name: e.to(place.device) for name, e in (("untrained", untrained(run)), ("trained", encoder))}
        material = Material(
            run.loader, train, test, Chunked(folder / CHUNKS, accelerator, place), self.protocol.together
        )
        measured = self.protocol(encoders, material)
        if not material.first:
            return None
        found = {
            "format": FORMAT,
            "run": folder.absolute().name,
            "step": step,
            **origin_of(folder),
            "recipe": describe(run),
            "protocol": describe(self.protocol),
            "data": facts_of_splits(train, test) | {"validation": {"samples": len(self.protocol.held(train))}},
            "provenance": made_by() | {"parts": material.chunked.made},
            **measured,
        }
        material.outcomes.save(folder)
        write_atomically(folder / FILE, as_json(found))
        write_run_report(folder, run, found)
        print(
            *(f"{folder} · {line}" for table in tables_of({"": [found]}) if not table.long for line in table.lines()),
            sep="\n",
        )
        print(f"{folder / 'report.html'} shows curves, views and these tables")
        size = sum(file.stat().st_size for file in (folder / CHUNKS).rglob("*.safetensors"))
        if size > LARGE:
            print(f"{folder / CHUNKS} takes {size / 1e9:.1f} GB and may be deleted: only an evaluation again needs it")
        return found


if __name__ == "__main__":
    with one_sentence("what is measured is kept; the same command goes on from there"):
        tyro.cli(Evaluate, description=__doc__)()
