"""Plots: how a run went, and lines of accuracies."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.reports.table import mean_and_spread
from training.trackers import read_metrics

SIZE = (5.6, 4.4)  # inches: small, so that letters stay readable where a phone shrinks the picture
WIDE = 28  # letters of a legend's entry; two longer ones do not fit side by side
SHARES = [f"false negatives/{name}" for name in ("share removed", "precision", "recall")]


def draw_curves(folder: Path) -> Figure:
    """Loss, online kNN and the share of the data-free floor over steps; what a false-negative rule did, if one ran."""
    lines = read_metrics(folder)
    shares = [name for name in SHARES if any(name in line for line in lines)]
    figure = Figure(figsize=(7, 5.2), layout="constrained")
    panels = figure.subplots(2, 2)
    axes = panels.flatten()
    _plot(axes[0], lines, ["loss"], "loss")
    _plot(axes[1], lines, sorted({k for line in lines for k in line if k.startswith("knn/")}), "kNN, %")
    _plot(axes[2], lines, ["share of data-free floor"], "speed, share of the floor")
    axes[2].set_ylim(0, 1.1)
    if shares:
        _plot(axes[3], lines, shares, "false negatives, as shares")
        axes[3].set_ylim(bottom=0)
    else:
        axes[3].remove()
    return figure


def _plot(axis: Axes, lines: list[dict], names: list[str], title: str) -> None:
    for name in names:
        steps = [line["step"] for line in lines if name in line]
        values = [line[name] for line in lines if name in line]
        axis.plot(steps, values, marker="." if len(steps) < 30 else "", label=name.removeprefix("false negatives/"))
    axis.set(title=title, xlabel="step")
    axis.grid(alpha=0.3)
    if len(names) > 1:
        legend_below(axis)


class Line(NamedTuple):
    """A line of a plot."""

    values: list[list[float]]
    """At each place, one for each run."""
    style: str | tuple[int, tuple[int, ...]] = "-"
    errors: list[float] | None = None
    """Standard errors of one run's samples; of several runs the band is the standard deviation between runs."""
    of: str = ""
    """Lines of the same name get the same colour; "untrained" encoders are grey."""


def draw_lines(
    lines: Mapping[str, Line], places: Sequence[float], ticks: Sequence[str], across: str, up: str,
    floor: float | None = None,
) -> Figure:  # fmt: skip
    """Lines over places, which bear ``ticks``; ``across`` and ``up`` name the axes, chance reaches ``floor``."""
    figure = Figure(figsize=SIZE, layout="constrained")
    axis = figure.subplots()
    kinds = [name for name in dict.fromkeys(line.of for line in lines.values()) if not name.endswith("untrained")]
    for label, line in lines.items():
        colour = f"C{kinds.index(line.of) % 10}" if line.of in kinds else "tab:gray"
        _draw_line(axis, places, line, label, color=colour, linestyle=line.style)
    if floor is not None:
        axis.axhline(floor, color="black", linewidth=0.8, linestyle=":", label="chance")
    axis.set(xlabel=across, ylabel=up)
    axis.set_xticks(places, ticks)
    axis.set_ylim(bottom=0)
    axis.grid(alpha=0.3)
    legend_below(axis)
    return figure


def _draw_line(axis: Axes, places: Sequence[float], line: Line, label: str, **style) -> None:
    if len(line.values[0]) == 1:
        axis.errorbar(
            places, [value for (value,) in line.values], line.errors, marker=".", capsize=2, label=label, **style
        )
        return
    found = [mean_and_spread(values) or (math.nan, math.nan) for values in line.values]  # nan leaves a hole
    axis.plot(places, [mean for mean, _ in found], marker=".", label=label, **style)
    low, high = zip(*((mean - spread, mean + spread) for mean, spread in found), strict=True)
    axis.fill_between(places, low, high, alpha=0.2, color=style["color"], linewidth=0)


def legend_below(axis: Axes) -> None:
    """A legend that hides no line."""
    names = axis.get_legend_handles_labels()[1]
    columns = 1 if max(map(len, names)) > WIDE else 2
    place = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.18)}
    axis.legend(**place, ncols=columns, fontsize="small", frameon=False)


def largest_error(samples: int) -> str:
    """Standard error in points of an accuracy of 50 % on so many samples, the largest there is."""
    return f"{50 / math.sqrt(samples):.1f}"
