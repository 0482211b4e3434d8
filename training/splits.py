"""The splits on which a run is measured."""

import hashlib
import json
from pathlib import Path

from shards.manifest import FILE_NAME
from shards.read import Shards
from shards.refusal import Refusal
from training.known_data import known_as
from training.run import Pretrain

SPLITS = ("test", "val")


def splits_of(run: Pretrain, train: Path | None = None, test: Path | None = None) -> tuple[Shards, Shards]:
    """The training and the test split: those that are named, else the run's own and what lies beside it.

    Raises: ``Refusal`` if there is no test split, or if the two do not belong together.
    """
    train = train or _only(run)
    beside = [train.parent / name for name in SPLITS if (train.parent / name / FILE_NAME).is_file()]
    beside = [folder for folder in beside if folder.absolute() != train.absolute()]
    known = Shards(train)
    if test is None and not beside:
        raise Refusal(f"{train.parent} holds no test split beside {train.name}; name one: --test DIR")
    asked = Shards(test or beside[0])
    if known.manifest.fingerprint == asked.manifest.fingerprint:
        raise Refusal(f"{train} and {asked.folder} are the same samples; name another split: --test DIR")
    if known.classes is None:
        raise Refusal(f"{train} holds one class, and what is measured are classes; name other shards: --train DIR")
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


def facts_of_splits(train: Shards, test: Shards) -> dict:
    """Which splits these are, and by fact what names their classes have, as JSON values."""
    return {
        name: {"folder": str(split.folder), "samples": len(split), "fingerprint": split.manifest.fingerprint}
        for name, split in (("train", train), ("test", test))
    } | {
        "kind": train.manifest.kind,
        "known as": known_as(train.manifest.classes["label"]),
        "classes": {
            fact: hashlib.sha256(json.dumps(names).encode()).hexdigest()
            for fact, names in train.manifest.classes.items()
        },
    }
