"""What others have published, from published_figures.csv: each figure with its source and how sure it is."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("published_figures.csv")
ANY = "any"  # a figure of no one data set


class Cited(NamedTuple):
    """A figure: a line of the file, whose first line names the same columns; what is not known is empty."""

    method: str
    data: str
    """As ``training/known_data.py`` names it."""
    network: str
    epochs: str
    protocol: str
    """SLF, ALF, AFF: what was fine-tuned, and on which samples; linear, supervised."""
    measure: str
    """Of clean samples, under an attack of a radius, of corrupted samples: accuracy in percent."""
    value: str
    spread: str
    """Standard deviation over runs."""
    source: str
    """Repository @ commit, or arXiv number, and the place there."""
    sure: str
    """verbatim: as the source has it; derived: computed from what it has."""
    note: str


def read_published() -> list[Cited]:
    """All figures, in the order of the file."""
    with FILE.open(newline="") as lines:
        first, *rest = csv.reader(lines)
    if tuple(first) != Cited._fields:
        raise ValueError(f"{FILE} has the columns {', '.join(first)}, need {', '.join(Cited._fields)}")
    return [Cited(*line) for line in rest]


def of_data(name: str) -> Sequence[Cited]:
    """Those of a data set."""
    return [figure for figure in read_published() if figure.data == name]
