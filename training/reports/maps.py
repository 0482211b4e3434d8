"""Pictures of classes: a map of the distances between them, and a sheet of samples."""

import math
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.reports.table import Table

SIDE = 4.6  # of a panel, in inches
READABLE = 25  # most classes whose names or colours can be told apart
ACROSS = 3  # panels in a row


def draw_map(maps: Mapping[str, Sequence[dict]]) -> Figure:
    """A panel for each encoder, all by one scale; of several runs the mean."""
    means = {name: np.mean([one["distances"] for one in runs], axis=0) for name, runs in maps.items()}
    names = next(iter(maps.values()))[0]["names"]
    highest = max(float(np.nanmax(mean)) for mean in means.values())
    figure, panels = _panels(list(means))
    shown = [
        axis.imshow(mean, vmin=0, vmax=highest, cmap="magma") for axis, mean in zip(panels, means.values(), strict=True)
    ]
    for axis in panels:
        if len(names) <= READABLE:
            axis.set_xticks(range(len(names)), names, rotation=90, fontsize="x-small")
            axis.set_yticks(range(len(names)), names, fontsize="x-small")
    figure.colorbar(shown[0], ax=list(panels), shrink=0.7, label="mean cosine distance")
    return figure


def map_table(maps: Mapping[str, Sequence[dict]]) -> Table:
    """The numbers: a row for each encoder and class, a column for each class."""
    names = next(iter(maps.values()))[0]["names"]
    rows = {
        f"{name}: {one}": [[run["distances"][i][j] for run in runs] for j in range(len(names))]
        for name, runs in maps.items()
        for i, one in enumerate(names)
    }
    return Table("classes", tuple(names), rows, unit="", digits=4)


def draw_sheet(sheets: Mapping[str, dict], names: Sequence[str]) -> Figure:
    """A panel for each encoder; samples are coloured by class."""
    figure, panels = _panels(list(sheets))
    colours = matplotlib.colormaps["tab10" if len(names) <= 10 else "tab20" if len(names) <= 20 else "hsv"]
    for axis, sheet in zip(panels, sheets.values(), strict=True):
        classes = np.array(sheet["classes"])
        for number in np.unique(classes):
            here = classes == number
            shade = number if colours.N <= 20 else number / max(classes.max(), 1)
            label = names[number] if number < len(names) else str(number)
            axis.scatter(np.array(sheet["x"])[here], np.array(sheet["y"])[here], 4, [colours(shade)], label=label)
        axis.set(xticks=[], yticks=[])
    if 0 < len(names) <= READABLE:
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=5, fontsize="small", markerscale=2.5)
    return figure


def sheet_table(sheets: Mapping[str, dict]) -> Table:
    """The numbers: a row for each encoder and sample, with its class's number and place."""
    rows = {
        f"{name}: sample {sample}": [[float(sheet[column][row])] for column in ("classes", "x", "y")]
        for name, sheet in sheets.items()
        for row, sample in enumerate(sheet["samples"])
    }
    return Table("sheet", ("class", "x", "y"), rows, unit="")


def _panels(titles: Sequence[str]) -> tuple[Figure, list[Axes]]:
    across = min(len(titles), ACROSS)
    down = math.ceil(len(titles) / across)
    figure = Figure(figsize=(SIDE * across, SIDE * down), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False)
    for axis, title in zip(panels.flat, titles, strict=False):
        axis.set_title(title, fontsize="medium")
    for axis in panels.flat[len(titles) :]:
        axis.axis("off")
    return figure, list(panels.flat[: len(titles)])
