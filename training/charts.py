"""Plots: how a run went, and how its accuracy falls with the radius of an attack."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.trackers import read_metrics

SHARES = [f"false negatives/{name}" for name in ("share removed", "precision", "recall")]
COLOURS = {"untrained": "tab:gray", "trained": "tab:blue"}


def draw_curves(folder: Path) -> Figure:
    """Loss, online kNN and the share of the data-free floor over steps; what a false-negative rule did, if one ran."""
    lines = read_metrics(folder)
    shares = [name for name in SHARES if any(name in line for line in lines)]
    size = {"nrows": 2, "ncols": 2, "figsize": (9, 6.2)} if shares else {"ncols": 3, "figsize": (12, 3.2)}
    figure, panels = plt.subplots(**size, constrained_layout=True, squeeze=False)
    axes = panels.flatten()
    _plot(axes[0], lines, ["loss"], "loss")
    _plot(axes[1], lines, sorted({k for line in lines for k in line if k.startswith("knn/")}), "kNN while training, %")
    _plot(axes[2], lines, ["share of data-free floor"], "speed, share of data-free floor")
    axes[2].set_ylim(0, 1.1)
    if shares:
        _plot(axes[3], lines, shares, "false negatives, as shares")
        axes[3].set_ylim(bottom=0)
    return figure


def _plot(axis: Axes, lines: list[dict], names: list[str], title: str) -> None:
    for name in names:
        steps = [line["step"] for line in lines if name in line]
        values = [line[name] for line in lines if name in line]
        axis.plot(steps, values, marker="." if len(steps) < 30 else "", label=name.removeprefix("false negatives/"))
    axis.set(title=title, xlabel="step")
    axis.grid(alpha=0.3)
    if len(names) > 1:
        axis.legend(fontsize="small")


def draw_radii(found: Sequence[dict]) -> Figure:
    """Accuracy against radius, PGD drawn through and noise dashed.

    Bars are standard errors of one run's samples; of several runs, bands are standard deviations between runs.
    """
    figure, axis = plt.subplots(figsize=(7, 4.2), constrained_layout=True)
    for name in found[0]["robustness"]:
        for kind, title, style in (("pgd", "PGD", "-"), ("noise", "noise", "--")):
            curves = [one["robustness"][name][kind] for one in found]
            _radius_line(axis, curves, f"{name}, {title}", color=COLOURS.get(name), linestyle=style)
    return _finish(figure, found)


def draw_groups(named: Mapping[str, Sequence[dict]]) -> Figure:
    """Accuracy under PGD against radius: a line for each group's trained encoders, and the first group's untrained."""
    figure, axis = plt.subplots(figsize=(7, 4.2), constrained_layout=True)
    first = next(iter(named.values()))
    _radius_line(axis, [one["robustness"]["untrained"]["pgd"] for one in first], "untrained", color="tab:gray")
    for number, (name, found) in enumerate(named.items()):
        _radius_line(axis, [one["robustness"]["trained"]["pgd"] for one in found], name, color=f"C{number}")
    return _finish(figure, first)


def _finish(figure: Figure, found: Sequence[dict]) -> Figure:
    (axis,) = figure.axes
    axis.axhline(found[0]["chance"]["label"], color="black", linewidth=0.8, linestyle=":", label="chance")
    radii = [float(radius) for radius in found[0]["robustness"]["trained"]["pgd"]]
    axis.set(xlabel="radius, in 255ths of the pixel range (L-infinity)", ylabel="accuracy of the linear probe, %")
    axis.set_xticks(radii, [f"{radius:g}" for radius in radii])
    axis.set_ylim(bottom=0)
    axis.grid(alpha=0.3)
    axis.legend(fontsize="small")
    return figure


def _radius_line(axis: Axes, curves: list[dict], label: str, **style) -> None:
    radii = [float(radius) for radius in curves[0]]
    values = [[curve[radius]["accuracy"] for curve in curves] for radius in curves[0]]
    if len(curves) == 1:
        errors = [point["standard error"] for point in curves[0].values()]
        axis.errorbar(radii, [value for (value,) in values], errors, marker=".", capsize=2, label=label, **style)
        return
    means, spread = [statistics.mean(v) for v in values], [statistics.stdev(v) for v in values]
    axis.plot(radii, means, marker=".", label=label, **style)
    low, high = zip(*((m - s, m + s) for m, s in zip(means, spread, strict=True)), strict=True)
    axis.fill_between(radii, low, high, alpha=0.2, color=style["color"], linewidth=0)
