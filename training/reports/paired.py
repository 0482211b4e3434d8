"""Differences between recipes, sample by sample, and how much of the gap to supervised training they close."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from training.gap import LEAST
from training.published import Cited
from training.reports.charts import SIZE
from training.reports.section import Plot, Section
from training.reports.table import Table

HOW = (
    "By the bootstrap over test samples and seeds, paired: every resample draws test samples with replacement, the "
    "same for all runs, and runs of each recipe with replacement, the same seeds where recipes have the same; their "
    "deviations are stretched for being few. Of a recipe with one run the interval speaks of test samples alone, of "
    "two or three it is a rough guess. Of twenty intervals of 95 % about one misses by chance."
)
DRAWN = 12  # cells of a plot


def differences_section(found: Mapping[str, Any]) -> Section:
    """By recipe and cell: points more or less than the recipe of reference, with the interval."""
    against, level = found["reference"], found["bootstrap"]["level"]
    rows = {
        f"{name}, {said(cell)}": [[float(one[key])] for key in ("difference", "low", "high")]
        for name, cells in found["differences"].items()
        for cell, one in cells.items()
    }
    table = Table(f"difference to {against}", ("points", "from", "to"), rows, unit="", digits=1)
    asked = sorted({one["samples"] for cells in found["differences"].values() for one in cells.values()})
    note = (
        f"Accuracy less that of {against}, in points, with the interval of {level:g} %, on the test samples that all "
        f"runs were asked ({' or '.join(map(str, asked))}). {HOW}"
    )
    if other := found["other test data"]:
        note += f" Not compared, for they were measured on other test data: {', '.join(other)}."
    caption = f"Trained encoders: difference to {against}, interval of {level:g} %."
    plot = Plot("differences", _draw(found["differences"], against), caption, table)
    return Section(f"How they differ from {against}", (table,), (plot,), note=note)


def gap_section(found: Mapping[str, Any], published: Sequence[Cited]) -> Section:
    """By recipe and cell how much of the gap is closed; of each family of cells also the mean and the most."""
    lower, upper, gaps = found["reference"], found["supervised"], found["gap closed"]
    of = list(dict.fromkeys(family for by_family in gaps.values() for family in by_family))
    tables = [
        Table(
            f"gap closed, {family}",
            ("gap, points", "closed, %", "from", "to"),
            {
                f"{name}, {said(cell)}": [[float(one[key])] for key in ("gap", "closed", "low", "high")]
                for name, by_family in gaps.items()
                for cell, one in by_family.get(family, {"cells": {}})["cells"].items()
            },
            unit="",
            digits=1,
        )
        for family in of
    ]
    summary = {
        f"{name}, {family}": [[one[key]] for key in ("mean", "low", "high", "most")]
        for name, by_family in gaps.items()
        for family, one in by_family.items()
    }
    tables.append(Table("gap closed, mean and most", ("mean", "from", "to", "most"), summary, unit="", digits=1))
    note = (
        f"100 · (ours − {lower}) / ({upper} − {lower}), in percent, of accuracies on samples that were attacked or "
        f"changed, with the interval of {found['bootstrap']['level']:g} % from the same resamples as the differences. "
        f"100: as robust as {upper}; below 0: less robust than {lower}. Cells with less than {LEAST:g} points of gap "
        "are left out. Attacks, corruptions and other data sets are not averaged together. The most of many cells "
        "flatters: read the mean beside it."
    )
    for one in published:
        note += f" Published: {one.method}, {one.measure} {one.value} % ({one.source})."
    return Section("How much of the gap to supervised training is closed", tuple(tables), note=note)


def said(cell: str) -> str:
    """A cell as people read it: "pgd 2" of "pgd/2/trained"."""
    return " ".join(cell.split("/")[:-1])


def _draw(found: Mapping[str, Mapping[str, dict]], against: str) -> Figure:
    """A bar for each recipe and cell; of very many cells some, evenly spread."""
    cells = list(next(iter(found.values()), {}))
    cells = cells[:: -(-len(cells) // DRAWN) or 1]
    figure = Figure(figsize=(SIZE[0], 1.4 + 0.2 * len(cells) * max(1, len(found))), layout="constrained")
    axis = figure.subplots()
    for number, (name, differences) in enumerate(found.items()):
        places = [-(place + 0.7 * number / len(found)) for place in range(len(cells))]
        some = [differences[cell] for cell in cells]
        points = [one["difference"] for one in some]
        ends = [[one["difference"] - one["low"] for one in some], [one["high"] - one["difference"] for one in some]]
        axis.errorbar(points, places, xerr=ends, fmt="o", markersize=4, capsize=2, label=name)
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set_yticks([-place - 0.35 * (len(found) - 1) / max(1, len(found)) for place in range(len(cells))])
    axis.set_yticklabels([said(cell) for cell in cells])
    axis.set(xlabel=f"points of accuracy more than {against}")
    axis.grid(alpha=0.3, axis="x")
    if len(found) > 1:
        figure.legend(loc="outside lower center", ncols=2, fontsize="small", frameon=False)
    return figure
