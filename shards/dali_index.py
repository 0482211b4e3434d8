"""A tar's index in the text that DALI's own reader takes, so that it need not read the tar to know it.

    v1.2 NUMBER OF SAMPLES
    EXTENSION OFFSET SIZE NAME EXTENSION OFFSET SIZE NAME …        one line per sample

DALI's ``wds2idx`` writes the same, but takes a long name's extra header for the content.
"""

import re
from collections.abc import Iterable
from itertools import groupby

VERSION = "v1.2"
SPACE = re.compile(r"[ \t\n\v\f\r]")  # ends a word of the index; DALI looks no name up, it only repeats it in errors


def dali_index(members: Iterable[tuple[str, int, int]]) -> str:
    """The index of a tar's files, given as name, first byte of the content and its size, in the order of the tar.

    Neighbours whose names are alike up to the first dot are one sample, and the rest is the extension: DALI's rule, and
    webdataset's.
    """
    parts = ((*_split(name), f"{offset} {size} {SPACE.sub('_', name)}") for name, offset, size in members)
    files = (part for part in parts if all(part))
    samples = [" ".join(f"{ext} {said}" for _, ext, said in run) for _, run in groupby(files, lambda part: part[0])]
    return "".join(f"{line}\n" for line in (f"{VERSION} {len(samples)}", *samples))


def _split(name: str) -> tuple[str, str]:
    """Sample and extension; empty for hidden files and files without an extension, which are no samples."""
    folder, slash, file = name.rpartition("/")
    stem, _, extension = file.partition(".")
    return f"{folder}{slash}{stem}" if stem else "", SPACE.sub("_", extension)
