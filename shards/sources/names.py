"""Names of samples, made of the names of files, whatever those contain."""

import re
from array import array
from collections.abc import Iterable

import numpy as np
import xxhash

ODD = re.compile(r"[^\w/ ()+,=@-]")


def tidy(path: str) -> str:
    """A legal name for ``path``: everything but letters, digits and a few signs becomes ``_``, dots and ``..`` too."""
    parts = (ODD.sub("_", part).strip() or "_" for part in path.split("/") if part)
    return "/".join(parts) or "_"


def numbered(names: Iterable[str]) -> np.ndarray:
    """Of each tidy name how many equal ones came before it: int32 [n]; ``apart`` makes names of them that differ."""
    seen = np.asarray(array("Q", (xxhash.xxh3_64_intdigest(name.encode()) for name in names)))
    counts = np.zeros(len(seen), np.int32)
    if _any_equal(seen):
        order, places = np.argsort(seen, kind="stable"), np.arange(len(seen))
        again = np.r_[False, np.diff(seen[order]) == 0]
        counts[order] = places - np.maximum.accumulate(np.where(again, 0, places))
    return counts


def apart(name: str, before: int) -> str:
    """The name, or one that says how many equal ones came before; no tidy name looks like that."""
    return f"{name}~{before}" if before else name


def _any_equal(numbers: np.ndarray) -> bool:
    """Mostly none are, and to know that takes half the memory of telling which."""
    ordered = np.sort(numbers)
    return bool((ordered[1:] == ordered[:-1]).any())
