"""Say what pretrained encoders are worth: ``python training/evaluate.py RUN [RUN …] [--train DIR] [--test DIR]``.

kNN of raw pixels, the untrained and the trained encoder. For both encoders a linear probe, its accuracy under attack
(PGD), alignment and uniformity. Writes report.html, a page with everything in it, and evaluation.json into each RUN; of
several runs mean and standard deviation over the seeds of each recipe, recipes side by side, into the folder --out.

Quick look: ``python training/evaluate.py runs/simclr-synthetic --attacked 100``
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import torch
import tyro
from accelerate import Accelerator
from torch import nn
from tyro.conf import OmitArgPrefixes, Positional

from shards.files import write_atomically
from shards.manifest import FILE_NAME
from shards.read import Shards
from shards.refusal import Refusal, one_sentence
from training.batch_norms import export
from training.comparison import compared, groups, write_comparison
from training.evaluation import Material, Protocol
from training.processes import settle
from training.report import write_joint_report, write_report
from training.run import Pretrain, load_run
from training.tables import all_tables
from training.trained import trained
from training.values import describe

SPLITS = ("test", "val")


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
        train, test = self._splits(run)
        accelerator = Accelerator(cpu=not torch.cuda.is_available())
        if accelerator.num_processes > 1:
            raise Refusal("evaluation takes one process; start it by: python training/evaluate.py RUN")
        place = settle(accelerator)
        torch.backends.cudnn.allow_tf32 = False  # on a GPU too attacks need small differences
        learned, step = trained(run)
        encoders = {name: e.to(place.device) for name, e in (("untrained", _untrained(run)), ("trained", learned))}
        found = {
            "run": folder.name,
            "step": step,
            "recipe": describe(run),
            "protocol": describe(self.protocol),
            "data": {
                name: {"folder": str(split.folder), "samples": len(split), "fingerprint": split.manifest.fingerprint}
                for name, split in (("train", train), ("test", test))
            }
            | {"kind": train.manifest.kind, "validation": {"samples": len(self.protocol.held(train))}},
            **self.protocol(encoders, Material(run.loader, train, test, accelerator, place)),
        }
        write_atomically(folder / "evaluation.json", json.dumps(found, indent=1).encode())
        write_report(folder, run, found)
        print(*(f"{folder} · {line}" for table in all_tables([found]) for line in table.lines()), sep="\n")
        print(f"{folder / 'report.html'} shows curves, views and these tables")
        return found

    def _splits(self, run: Pretrain) -> tuple[Shards, Shards]:
        """The training and the test split.

        Raises: ``Refusal`` if there is no test split, or if the two do not belong together.
        """
        train = self.train or _only(run)
        beside = [train.parent / name for name in SPLITS if (train.parent / name / FILE_NAME).is_file()]
        beside = [folder for folder in beside if folder.absolute() != train.absolute()]
        known = Shards(train)
        if self.test is None and not beside:
            raise Refusal(f"{train.parent} holds no test split beside {train.name}; name one: --test DIR")
        asked = Shards(self.test or beside[0])
        if known.manifest.fingerprint == asked.manifest.fingerprint:
            raise Refusal(f"{train} and {asked.folder} are the same samples; name another split: --test DIR")
        if known.manifest.classes != asked.manifest.classes or known.manifest.kind != asked.manifest.kind:
            raise Refusal(f"{train} and {asked.folder} have other classes; make both splits by one make_shards.py")
        return known, asked


def _only(run: Pretrain) -> Path:
    """The one data set of a run.

    Raises: ``Refusal`` if it has several: no test split belongs to all of them.
    """
    folders = [run.loader.shards] if isinstance(run.loader.shards, Path) else run.loader.shards
    if len(folders) != 1:
        raise Refusal(f"{run.out} was trained on {', '.join(map(str, folders))}; name one: --train DIR")
    return folders[0]


def _untrained(run: Pretrain) -> nn.Module:
    """The encoder with the very weights that the run began with."""
    return export(run.build(0).encoder, run.method.measured_branch)


if __name__ == "__main__":
    with one_sentence():
        tyro.cli(Evaluate, description=__doc__, config=(OmitArgPrefixes,))()
