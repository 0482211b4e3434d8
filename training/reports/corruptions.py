"""What of the classifiers survives corruptions."""

import statistics
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from pipelines.corruptions import STANDARD
from training.reports.charts import Line, draw_lines, largest_error
from training.reports.section import Found, Groups, Plot, Section, first, once, rows_of
from training.reports.table import Table

ACROSS = 4  # maps side by side


def section(groups: Groups) -> Section:
    """Means of all, of each corruption and of each severity, and every cell as a map."""
    found = rows_of(groups, "corruptions")
    every = [one for runs in found.values() for one in runs]
    names = list(every[0]["corruptions"])  # others are not compared
    severities = list(next(iter(every[0]["corruptions"].values())))
    tables = (_summary(found), _each(found, names))
    chance = first(groups)["chance"]["label"]
    counted = [one.name for one in STANDARD if one.name in names]
    lines = {name: _by_severity(runs, counted, severities, name) for name, runs in found.items()}
    figure = draw_lines(
        lines,
        [float(place) for place in range(len(severities) + 1)],
        ["clean", *severities],
        "severity",
        "accuracy of the linear probe, %",
        chance,
    )
    table = Table("by severity", ("clean", *severities), {name: line.values for name, line in lines.items()})
    plots = [Plot("severities", figure, "Mean over the standard corruptions.", table), _maps(found, names)]
    return Section("What survives corruptions", tables, tuple(plots), _note(every[0], severities))


def _summary(found: Mapping[str, Found]) -> Table:
    """A row for each encoder: clean, the mean over all settings and, of ImageNet's classes, mCE."""
    mce, motion = (all(part in one for runs in found.values() for one in runs) for part in ("mCE", "motion"))
    settings = f"mean of {next(iter(found.values()))[0]['settings']} settings"
    columns = ("clean", settings, *(["mean of time and codecs"] if motion else []), *(["mCE"] if mce else []))
    rows = {
        name: [
            [one["clean"]["accuracy"] for one in runs],
            [one["mean"]["accuracy"] for one in runs],
            *([[one["motion"]["accuracy"] for one in runs]] if motion else []),
            *([[one["mCE"] for one in runs]] if mce else []),
        ]
        for name, runs in found.items()
    }
    return Table("corruptions", columns, rows)


def _each(found: Mapping[str, Found], names: Sequence[str]) -> Table:
    """A row for each corruption, a column for each encoder: means over severities."""
    rows = {
        _said(corruption): [[_mean(one["corruptions"][corruption]) for one in runs] for runs in found.values()]
        for corruption in names
    }
    return Table("by corruption", tuple(found), rows)


def _by_severity(runs: Found, names: Sequence[str], severities: Sequence[str], of: str) -> Line:
    """Clean accuracy, then the mean over corruptions at each severity."""
    clean = [one["clean"]["accuracy"] for one in runs]
    means = [
        [statistics.mean(one["corruptions"][name][severity]["accuracy"] for name in names) for one in runs]
        for severity in severities
    ]
    return Line([clean, *means], of=of)


def _maps(found: Mapping[str, Found], names: Sequence[str]) -> Plot:
    """Every cell: of several runs of a recipe their mean."""
    severities = tuple(next(iter(next(iter(found.values()))[0]["corruptions"].values())))
    data = {
        f"{encoder}, {_said(name)}": [[one["corruptions"][name][s]["accuracy"] for one in runs] for s in severities]
        for encoder, runs in found.items()
        for name in names
    }
    cells = {
        encoder: [[statistics.mean(values) for values in data[f"{encoder}, {_said(name)}"]] for name in names]
        for encoder in once(list(found))
    }
    figure = _draw(cells, [_said(name) for name in names], severities)
    return Plot("corruptions", figure, "Accuracy in percent by corruption and severity.", Table("", severities, data))


def _draw(cells: Mapping[str, Sequence[Sequence[float]]], down: Sequence[str], across: Sequence[str]) -> Figure:
    """A map for each encoder, all with one scale of colours."""
    beside, below = min(len(cells), ACROSS), -(-len(cells) // ACROSS)
    size = 1.6 + 2.6 * beside, below * (0.9 + 0.27 * len(down))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(below, beside, sharey=True, squeeze=False)
    for axis in axes.flat[len(cells) :]:
        axis.axis("off")
    most = max(value for rows in cells.values() for row in rows for value in row)
    for axis, (encoder, rows) in zip(axes.flat, cells.items(), strict=False):
        axis.imshow(rows, aspect="auto", cmap="viridis", vmin=0, vmax=most)
        for y, row in enumerate(rows):
            for x, value in enumerate(row):
                ink = "black" if value > 0.6 * most else "white"
                axis.text(x, y, f"{value:.0f}", ha="center", va="center", size=7, color=ink)
        axis.set_title(encoder, size=9)
        axis.set_xticks(range(len(across)), across)
        axis.set_yticks(range(len(down)), down, size=8)
        axis.set_xlabel("severity", size=8)
    return figure


def _mean(cells: Mapping[str, Mapping[str, float]]) -> float:
    return statistics.mean(cell["accuracy"] for cell in cells.values())


def _said(name: str) -> str:
    return name.replace("_", " ")


def _note(one: dict, severities: Sequence[str]) -> str:
    samples = one["samples"]
    note = (
        f"Accuracy of encoder and linear probe in percent on {samples} test samples under corruptions of ImageNet-C at "
        f"severities {', '.join(severities)}, made of the samples themselves, the same for every encoder; of pictures "
        "up to 32 pixels as strong as CIFAR-10-C, up to 64 as Tiny-ImageNet-C. Standard error of one cell at most "
        f"{largest_error(samples)}, of the mean over {one['settings']} settings {one['mean']['standard error']:.1f}; "
        "the mean counts the standard corruptions only."
    )
    if "frost" not in one["corruptions"]:
        note += " Frost is left out: its pictures were not installed."
    if "motion" in one:
        note += (
            " Codec damage, compression, lost frames, another rate, jitter and freezing are ours, for no standard says "
            "how severe they are; they have a mean of their own."
        )
    if "mCE" in one:
        note += " mCE: the mean over corruptions of the error divided by AlexNet's; lower is better."
    return note
