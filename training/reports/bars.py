"""Bars side by side: a value for each of some names, in several series."""

import math
import statistics
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure


def draw_bars(
    names: Sequence[str], series: Mapping[str, Sequence[Sequence[float]]], up: str, floor: float | None = None
) -> Figure:
    """Means of each cell's values, with their standard deviation where there are several; chance reaches ``floor``.

    Args:
        series: By title a cell for each name; a cell without values, or of none that is a number, has no bar.
        up: Names the axis.
    """
    figure = Figure(figsize=(max(6.0, 1.5 + 0.35 * len(names)), 4.2), layout="constrained")
    axis = figure.subplots()
    width = 0.8 / max(len(series), 1)
    for number, (title, cells) in enumerate(series.items()):
        places = np.arange(len(names)) + (number - (len(series) - 1) / 2) * width
        known = [[value for value in cell if not math.isnan(value)] for cell in cells]
        heights = [statistics.mean(cell) if cell else math.nan for cell in known]
        spread = [statistics.stdev(cell) if len(cell) > 1 else math.nan for cell in known]
        colour = "tab:gray" if "untrained" in title else f"C{number % 10}"
        axis.bar(places, heights, width, yerr=spread, capsize=2, label=title, color=colour)
    if floor is not None:
        axis.axhline(floor, color="black", linewidth=0.8, linestyle=":", label="chance")
    axis.set(ylabel=up)
    axis.set_xticks(range(len(names)), names, rotation=40, ha="right", fontsize="small")
    axis.set_ylim(0, 100)
    axis.grid(alpha=0.3, axis="y")
    figure.legend(loc="outside upper center", ncols=2, fontsize="small")  # above the bars, which may reach the top
    return figure
