"""Accuracy on other data sets of the same classes."""

from collections.abc import Mapping, Sequence

from training.reports.charts import Line, draw_lines
from training.reports.section import Groups, Plot, Section, rows_of
from training.reports.table import Table

Runs = Mapping[str, Sequence[dict]]
"""By row of the report, an entry for each run: what was found, by data set."""


def section(groups: Groups) -> Section:
    """A table of all splits that are no corruptions; of each set of corruptions a table and a plot."""
    found = rows_of(groups, "shifts")
    sets = {of: one for runs in found.values() for run in runs for of, one in run.items()}
    corrupted = [of for of, one in sets.items() if "corruptions" in one]
    plain = [(of, split) for of, one in sets.items() if of not in corrupted for split in one["splits"]]
    tables = [_plain(found, plain)] if plain else []
    tables += [_corruptions(found, of, sets[of]) for of in corrupted]
    note = (
        "Accuracy in percent of encoder and linear probe; classes are matched by name, and only those that both the "
        f"set and the run have are possible answers. {' '.join(_said(of, one) for of, one in sets.items())}"
    )
    plots = [_severities(found, of, sets[of]) for of in corrupted]
    return Section("On other data sets", tuple(tables), tuple(plots), note)


def _plain(found: Runs, columns: list[tuple[str, str]]) -> Table:
    rows = {
        name: [
            [run[of]["splits"][split]["accuracy"] for run in runs if split in run.get(of, {}).get("splits", ())]
            for of, split in columns
        ]
        for name, runs in found.items()
    }
    return Table("other data sets", tuple(", ".join(column) for column in columns), rows)


def _corruptions(found: Runs, of: str, one: dict) -> Table:
    """A row for each corruption, for it has more of these than there are encoders."""
    runs = {name: [run[of] for run in every if of in run] for name, every in found.items()}
    rows = {c: [[run["corruptions"][c] for run in every] for every in runs.values()] for c in one["corruptions"]}
    rows[f"mean over {one['settings']} settings"] = [[run["mean"] for run in every] for every in runs.values()]
    if "mCE" in one:
        rows["mCE"] = [[run["mCE"] for run in every] for every in runs.values()]
    return Table(of, tuple(runs), rows)


def _severities(found: Runs, of: str, one: dict) -> Plot:
    severities = tuple(one["severities"])
    lines = {
        name: Line([[run[of]["severities"][s] for run in runs if of in run] for s in severities], of=name)
        for name, runs in found.items()
        if any(of in run for run in runs)
    }
    figure = draw_lines(
        lines, [float(s) for s in severities], severities, "severity", "accuracy, mean over corruptions, %"
    )
    data = Table(of, severities, {name: line.values for name, line in lines.items()})
    return Plot(f"severities-{of}", figure, f"{of}: accuracy by severity of the corruption.", data)


def _said(of: str, one: dict) -> str:
    """How much of a set was asked about, in a sentence or two."""
    cells = one["splits"].values()
    samples, classes = ({cell[key] for cell in cells} for key in ("samples", "classes"))
    strangers = sum(cell["of unknown classes"] for cell in cells)
    said = f"{of}: {_range(samples)} samples of {_range(classes)} classes in each of {len(cells)} splits"
    said += f"; {strangers} samples of other classes were left out." if strangers else "."
    if "corruptions" not in one:
        return said
    counted = len(one["corruptions"]) * len(one["severities"])
    fewer = " The mean and the plot are of the fifteen standard corruptions." if one["settings"] < counted else ""
    error = " mCE is the mean of error / AlexNet's error; lower is better." if "mCE" in one else ""
    return f"{said} A corruption's accuracy is the mean over its severities.{fewer}{error}"


def _range(counts: set[int]) -> str:
    return f"{min(counts)}" if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
