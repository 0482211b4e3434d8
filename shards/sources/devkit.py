"""Which class each of ImageNet's validation images has: names like ILSVRC2012_val_00000001.JPEG do not say."""

import csv
import io
import tarfile
import zlib
from pathlib import Path

from shards.refusal import Refusal
from shards.sample import Rejected
from shards.sources.names import tidy

DEVKIT = "ILSVRC2012_devkit_t12"
TRUTH, META = "data/ILSVRC2012_validation_ground_truth.txt", "data/meta.mat"
SOLUTION = "LOC_val_solution.csv"  # Kaggle's


def validation_classes(root: Path, rejected: list[Rejected]) -> dict[str, str]:
    """The wnid of each validation image by its name without extension; rows that make no sense go to ``rejected``.

    Raises: ``Refusal`` if neither the devkit nor Kaggle's table lies in ``root``, or if the devkit is damaged.
    """
    if (root / SOLUTION).is_file():
        return _solution(root / SOLUTION, rejected)
    texts = [_read(root, name) for name in (TRUTH, META)]
    wnids = _wnids(texts[1], root)
    found = {}
    for number, word in enumerate(texts[0].decode("ascii", "replace").split(), start=1):
        name = f"ILSVRC2012_val_{number:08d}"
        if word.isdecimal() and int(word) in wnids:
            found[name] = wnids[int(word)]
        else:
            rejected.append(Rejected(name, f"line {number} of {TRUTH} says {word!r}, which {META} does not know"))
    return found


def _solution(file: Path, rejected: list[Rejected]) -> dict[str, str]:
    """ImageId,PredictionString, where the latter is "wnid left top right bottom" once or several times."""
    found = {}
    with file.open(newline="", errors="replace") as stream:
        for row in csv.DictReader(stream):
            name, words = row.get("ImageId"), (row.get("PredictionString") or "").split()
            if name and words:
                found[name] = words[0]
            else:
                rejected.append(Rejected(tidy(name or file.name), f"a row of {file.name} names no image or no class"))
    return found


def _read(root: Path, name: str) -> bytes:
    """A file of the devkit, which lies in ``root`` unpacked or as it was fetched."""
    archive = root / f"{DEVKIT}.tar.gz"
    try:
        for folder in (root / DEVKIT, root):
            if (folder / name).is_file():
                return (folder / name).read_bytes()
        if not archive.is_file():
            raise Refusal(
                f"{root} has validation images without class folders, and neither {archive.name} nor {SOLUTION} to say "
                "what is on them; fetch one of the two"
            )
        with tarfile.open(archive, "r:gz") as devkit:
            found = devkit.extractfile(f"{DEVKIT}/{name}")
            assert found is not None, f"{name} is a folder"
            return found.read()
    except (tarfile.TarError, EOFError, zlib.error, KeyError, AssertionError) as error:
        raise Refusal(f"{archive} cannot be read ({error}); fetch it again") from error


def _wnids(meta: bytes, root: Path) -> dict[int, str]:
    """Class numbers to wnids. MATLAB's format nests compressed parts: scipy knows all its ways, executes nothing, and
    is installed wherever scikit-learn is; a reader of our own for this one table would be fifty lines."""
    from scipy.io import loadmat  # a third of a second, which only those pay who have a devkit

    try:
        synsets = loadmat(io.BytesIO(meta), variable_names=["synsets"], squeeze_me=True)["synsets"]
        return {int(number): str(wnid) for number, wnid in zip(synsets["ILSVRC2012_ID"], synsets["WNID"], strict=True)}
    except Exception as error:  # scipy documents no errors; whatever it is, the file is no such table
        raise Refusal(f"{META} of the devkit in {root} cannot be read ({error}); fetch the devkit again") from error
