"""Groups of classes: what is the same thing in coarse terms."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from shards.read import Shards
from shards.refusal import Refusal

FACT = "coarse"  # CIFAR-100's superclasses, as its source keeps them


class Groups(NamedTuple):
    """Which group each class belongs to."""

    names: tuple[str, ...]
    of: np.ndarray
    """int64 [classes]"""


def groups_of(train: Shards, file: Path | None) -> Groups | None:
    """Those of a JSON file from class to group or, without, those of the fact "coarse"; ``None`` if there is neither.

    Raises: ``Refusal`` if the file is no such thing, or does not name every class.
    """
    if file is None:
        return _by_fact(train)
    expected = 'expected one JSON object from class to group, such as {"n02123045": "cat"}'
    try:
        said = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise Refusal(f"--textures.groups {file} cannot be read ({error}); {expected}") from error
    if not isinstance(said, dict) or not all(isinstance(group, str) for group in said.values()):
        raise Refusal(f"--textures.groups {file} is something else; {expected}")
    classes = train.manifest.classes["label"]
    if missing := [name for name in classes if name not in said]:
        raise Refusal(f"--textures.groups {file} has no group for {missing[0]!r} ({len(missing)} such); add them")
    names = tuple(sorted({said[name] for name in classes}))
    return Groups(names, np.array([names.index(said[name]) for name in classes]))


def _by_fact(train: Shards) -> Groups | None:
    if FACT not in train.manifest.facts:
        return None
    pairs = np.unique(np.stack([train.labels(), train.labels(FACT)]), axis=1)
    if not np.array_equal(pairs[0], np.arange(len(train.manifest.classes["label"]))):
        return None  # a class without samples, or of several groups: the fact is no grouping of classes
    return Groups(train.manifest.classes[FACT], pairs[1].astype(np.int64))
