"""What a part of an evaluation says: tables, plots with their data, and how to read them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from training.reports.listing import Listing
from training.reports.table import Table

Found = Sequence[dict]
"""Evaluations of runs of one recipe, as evaluation.json holds them."""
Groups = Mapping[str, Found]
"""Recipes side by side, by name."""
SHARED = ("raw pixels", "raw pixels, centred")  # rows that no training changes


@dataclass(frozen=True)
class Plot:
    """A figure and the numbers that it shows."""

    name: str
    """Of its files, NAME.png and NAME.csv."""
    figure: Figure
    caption: str
    data: Table | None = None
    """``None`` for pictures of data, which have no numbers to go with them."""


@dataclass(frozen=True)
class Section:
    """A part of a report."""

    title: str
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()
    note: str = ""
    """How the numbers came about and what they mean: plain text."""
    listings: tuple[Listing, ...] = ()
    """Tables of words, below the others."""


def has(groups: Groups, part: str) -> bool:
    """Whether all runs were measured in a part: one by which only some were says nothing of the others."""
    return all(part in one for found in groups.values() for one in found)


def rows_of(groups: Groups, part: str) -> dict[str, list[Any]]:
    """What a part found of each kind of features or encoder, by row, one entry for each run.

    A row is named by the encoder; of several recipes, by the recipe and the encoder, and what no training changes
    comes once.
    """
    rows: dict[str, list[Any]] = {}
    for group, found in groups.items():
        for name in found[0][part]:
            row = name if len(groups) == 1 or name in SHARED else f"{group}, {name}"
            rows.setdefault(row, [_numbers(one[part][name]) for one in found])
    return rows


def _numbers(found: Any) -> Any:
    """What no number was found of is null in a file, and nan here."""
    if isinstance(found, dict):
        return {name: _numbers(one) for name, one in found.items()}
    if isinstance(found, list):
        return [_numbers(one) for one in found]
    return math.nan if found is None else found


def first(groups: Groups) -> dict:
    """The first evaluation: what all share is read there."""
    return next(iter(groups.values()))[0]


def chance(groups: Groups, *facts: str) -> dict[str, list[list[float]]]:
    """The row "chance": what is right without looking."""
    return {"chance": [[first(groups)["chance"][fact]] for fact in facts]}


def once(names: Sequence[str]) -> list[str]:
    """Trained encoders, and of those that have learned nothing the first: what they know hangs on the seed alone."""
    untrained = [name for name in names if name.endswith("untrained")]
    return [*untrained[:1], *(name for name in names if name not in untrained)]
