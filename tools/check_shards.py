"""Is a data set sound, and what is in it? Exit code 0 if it is, 1 if it has faults, 2 if it cannot be checked.

python tools/check_shards.py data/cifar10                                every split: sizes, indexes, some of the bytes

python tools/check_shards.py data/cifar10/train --full --sheet here.png  every byte, and some samples as a picture
"""

import os
import sys
from pathlib import Path

import tyro
from tqdm import tqdm
from tyro.conf import Positional

from pipelines.whole import first_readable
from shards.census import Twins, census, counted, twins
from shards.manifest import FILE_NAME
from shards.order import permutation
from shards.read import Shards
from shards.refusal import Refusal, one_sentence
from shards.verify import Fault, Split, check_split
from training.sheets import draw_samples

SIDE, FRAMES = 128, 8
SHOWN = {"image": 32, "video": 8}  # samples on a sheet


def check(folder: Positional[Path], full: bool = False, sheet: Path | None = None) -> bool:
    """Check a split, or a folder of splits. Returns: whether there is no fault.

    Args:
        folder: A data set made by tools/make_shards.py.
        full: Verify every byte and the place of every sample, not only sizes, indexes and some of the files.
        sheet: A picture file for some samples, chosen by key; of several splits, one file each.
    """
    places = _splits(folder)
    splits = {name: _check(place, full) for name, place in places.items()}
    pairs = twins({name: split.index for name, split in splits.items() if split.index is not None})
    for name, place in places.items():
        if sheet:
            file = sheet if len(places) == 1 else sheet.with_name(f"{sheet.stem}-{name}{sheet.suffix}")
            splits[name].faults += _draw(place, file)
        _print_split(place, splits[name], [group for group in pairs if all(split == name for split, _ in group)])
    for line in _leaks(pairs, list(places)):
        print(line)
    faults = sum(len(split.faults) for split in splits.values())
    verdict = f"{faults} fault{'s' * (faults > 1)}" if faults else "sound"
    print(f"{folder}: {verdict}{'' if full else ', as far as was looked'}")
    print(f"next: {_next(folder, places, splits, full)}")
    return not faults


def _splits(folder: Path) -> dict[str, Path]:
    """The folder itself if it is a split, else the splits in it, by name."""
    inside = sorted(child for child in folder.iterdir() if (child / FILE_NAME).is_file()) if folder.is_dir() else []
    if (folder / FILE_NAME).is_file() or not inside:
        return {folder.resolve().name: folder}  # what is no data set is refused when its manifest is read
    return {child.name: child for child in inside}


def _check(place: Path, full: bool) -> Split:
    size = sum(tar.stat().st_size for tar in place.glob("*.tar"))
    with tqdm(total=size, unit="B", unit_scale=True, desc=str(place), dynamic_ncols=True, disable=not full) as bar:
        return check_split(place, full, len(os.sched_getaffinity(0)), bar.update)


def _print_split(place: Path, split: Split, doubles: list[Twins]) -> None:
    print(place)
    table = {} if split.manifest is None else census(split.manifest, split.index)
    if split.codecs:
        table["media"] = f"{counted(split.codecs)} (of {split.codecs.total()} files read)"
    table["quarantine"] = f"{split.quarantine.total()}: {counted(split.quarantine)}" if split.quarantine else "none"
    table["duplicates"] = f"{len(doubles)} files more than once: {_equal(doubles[0])}" if doubles else "none"
    table["faults"] = str(len(split.faults) or "none")
    for heading, value in table.items():
        print(f"  {heading:20}{value}")
    for fault in split.faults:
        print(f"    {fault.shard}: {f'{fault.sample}: ' if fault.sample else ''}{fault.reason}")


def _leaks(pairs: list[Twins], names: list[str]) -> list[str]:
    """A line for every two splits that share files."""
    lines = []
    for number, one in enumerate(names):
        for other in names[number + 1 :]:
            shared = [group for group in pairs if {one, other} <= {split for split, _ in group}]
            if shared:
                lines.append(f"leakage: {one} and {other} share {len(shared)} files: {_equal(shared[0])}")
    return lines


def _equal(group: Twins) -> str:
    return "for one, " + " = ".join(f"{split}/{name}" for split, name in group[:4]) + (" …" if len(group) > 4 else "")


def _draw(place: Path, file: Path) -> list[Fault]:
    """Write the sheet of one split. Returns: why samples, or all, could not be shown."""
    try:
        shards = Shards(place)
        kind, index = shards.manifest.kind, shards.index
        order = permutation(len(shards), 0, 0).tolist()
        shown, pixels, refusals = first_readable(shards, order, SHOWN[kind], SIDE, 1 if kind == "image" else FRAMES)
    except Refusal as refusal:
        return [Fault("sheet", "", f"none was drawn: {refusal}")]
    names = [shards.manifest.classes["label"][index.label[sample]] for sample in shown]
    if kind == "video":  # a strip has room for more
        names = [f"{name}: {index.name[sample]}" for name, sample in zip(names, shown, strict=True)]
    file.parent.mkdir(parents=True, exist_ok=True)
    draw_samples(pixels, names, f"{place}: {len(shown)} of {len(shards)} {kind}s").savefig(file)
    print(f"sheet: {file}")
    return [Fault("sheet", "", str(refusal)) for refusal in refusals]


def _next(folder: Path, places: dict[str, Path], splits: dict[str, Split], full: bool) -> str:
    broken = next((places[name] for name, split in splits.items() if split.faults), None)
    if broken:
        return f"delete {broken} and make it again: python tools/make_shards.py --out {broken.parent} …"
    if not full:
        return f"python tools/check_shards.py {folder} --full"
    name = "train" if "train" in splits else next(iter(splits))
    manifest = splits[name].manifest
    recipe = "simclr-synthetic" if manifest is None or manifest.kind == "image" else "simclr-moving"
    return f"python tools/show_batch.py {recipe} --loader.shards {places[name]}"


if __name__ == "__main__":
    with one_sentence():
        sys.exit(0 if tyro.cli(check, description=__doc__) else 1)
