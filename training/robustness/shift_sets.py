"""Data sets on which a classifier is asked beside its own test split."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from shards.manifest import FILE_NAME
from shards.read import Shards
from shards.records import MAKING
from shards.refusal import Refusal
from training.robustness.matching import Members, members_of

MAKE = (
    "python tools/make_shards.py --out {} SOURCE --root …, where SOURCE is imagenet-c, cifar-c, cue-conflict or folder"
)


class Shifted(NamedTuple):
    """A split that is asked about."""

    of: str
    """The data set's name, that of its folder."""
    name: str
    split: Shards
    members: Members


def open_shifted(folders: Sequence[Path], train: Shards) -> tuple[Shifted, ...]:
    """All splits of these folders, with their classes matched to those of the training split.

    Raises: ``Refusal`` if a folder is no data set, or has next to no class in common with the training split.
    """
    known = train.manifest.classes["label"]
    found = tuple(
        Shifted(of, name, split, members_of(split.manifest.classes["label"], known))
        for of, splits in open_sets(folders).items()
        for name, split in splits.items()
    )
    for one in found:
        _refuse_others(one, train)
    return found


def open_sets(folders: Sequence[Path]) -> dict[str, dict[str, Shards]]:
    """Splits by data set and name; a folder is one split, or holds some.

    Raises: ``Refusal`` if a folder holds no data set, one that is not finished, or one that was named before.
    """
    found: dict[str, dict[str, Shards]] = {}
    for folder in folders:
        whole = folder.absolute()
        for split in _splits(folder):
            of = whole.parent.name if split == folder else whole.name
            name = whole.name if split == folder else split.name
            if name in found.setdefault(of, {}):
                raise Refusal(
                    f"{folder} would be called {of}, {name}, as {found[of][name].folder} is; rename its folder"
                )
            found[of][name] = Shards(split)
    return found


def _splits(folder: Path) -> list[Path]:
    if (folder / FILE_NAME).is_file():
        return [folder]
    below = sorted(child for child in folder.iterdir() if child.is_dir()) if folder.is_dir() else []
    splits = [child for child in below if (child / FILE_NAME).is_file()]
    if unfinished := [child for child in below if child not in splits and (child / MAKING).exists()]:
        raise Refusal(f"{unfinished[0]} is not finished; go on with the command that makes it")
    if not splits:
        raise Refusal(f"{folder} holds no data set; make one with: {MAKE.format(folder)}")
    return splits


def _refuse_others(one: Shifted, train: Shards) -> None:
    """Refuse what is of another kind, or leaves no choice between classes."""
    if one.split.manifest.kind != train.manifest.kind:
        raise Refusal(
            f"{one.split.folder} holds {one.split.manifest.kind}s, {train.folder} {train.manifest.kind}s; leave it out "
            "of --shifts.sets"
        )
    if len(one.members) < 2:
        theirs, ours = (", ".join(names.manifest.classes["label"][:3]) for names in (one.split, train))
        raise Refusal(
            f"{one.split.folder} has {len(one.members)} of the run's classes, its own are {theirs} …, the run's {ours} "
            "…; give its class folders the run's names, or leave it out of --shifts.sets"
        )
