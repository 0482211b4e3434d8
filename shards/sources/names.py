"""Names of samples, made of the names of files, whatever those contain."""

import re
from array import array
from collections.abc import Iterable, Sequence

import numpy as np
import xxhash

ODD = re.compile(r"[^\w/ ()+,=@-]")
LONGEST = 200  # bytes; with an extension it still is a file name, and a column of names is as wide as the longest


def tidy(path: str) -> str:
    """A legal name for ``path``: everything but letters, digits and a few signs becomes ``_``, dots and ``..`` too."""
    parts = (ODD.sub("_", part).strip() or "_" for part in path.split("/") if part)
    name = "/".join(parts)
    if len(name) > LONGEST // 4:  # a character has four bytes at most
        name = name.encode()[:LONGEST].decode(errors="ignore").rstrip(" /")
    return name or "_"


def printable(names: Sequence[str]) -> tuple[str, ...]:
    """Names as people may see them: signs that would steer a terminal, or are no text, become ``_``; still unlike."""
    taken, found = set(names), []
    for name in names:
        shown, before = "".join(sign if sign.isprintable() else "_" for sign in name) or "_", 0
        if shown != name:
            while apart(shown, before) in taken:
                before += 1
            taken.add(shown := apart(shown, before))
        found.append(shown)
    return tuple(found)


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
