"""The handful of numbers that a reader wants first."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from training.reports.section import Groups, Section, has, once, rows_of
from training.reports.table import Table

Shares = Sequence[dict]
"""An accuracy and its standard error, of each run."""


class Headline(NamedTuple):
    """One of them."""

    part: str
    """Its key in evaluation.json."""
    title: Callable[[dict], str]
    """From what the part found of an encoder."""
    share: Callable[[dict], dict]
    """Its accuracy and standard error there."""


def _largest(found: dict) -> str:
    return max(found["pgd"], key=float)


HEADLINES = (
    Headline("knn", lambda found: "kNN", lambda found: found["label"]),
    Headline("linear", lambda found: "linear probe", lambda found: found),
    Headline("robustness", lambda found: f"PGD {_largest(found)}/255", lambda found: found["pgd"][_largest(found)]),
    Headline("corruptions", lambda found: f"{found['settings']} corruptions", lambda found: found["mean"]),
)


def glance(groups: Groups) -> Section:
    """A row for each encoder, with its error."""
    columns, cells = [], {}
    for headline in (one for one in HEADLINES if has(groups, one.part)):
        found = {name: runs for name, runs in rows_of(groups, headline.part).items() if name.endswith("trained")}
        columns.append(headline.title(next(iter(found.values()))[0]))
        for name, runs in found.items():
            cells.setdefault(name, []).append([headline.share(run) for run in runs])
    cells = {name: cells[name] for name in once(list(cells))}
    table = Table(
        "accuracy",
        tuple(columns),
        {name: [[share["accuracy"] for share in runs] for runs in row] for name, row in cells.items()},
        errors={name: [runs[0]["standard error"] for runs in row] for name, row in cells.items()},
    )
    seeds = max(len(found) for found in groups.values()) > 1
    note = "Percent of the test samples, by the label. ± is " + (
        "the standard deviation between the runs of a recipe; of a single run, its standard error over test samples."
        if seeds
        else "the standard error over test samples; how much seeds differ, one run cannot say."
    )
    return Section("At a glance", (table,), note=note)
