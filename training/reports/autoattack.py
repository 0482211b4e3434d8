"""How much is left after AutoAttack."""

from training.reports.charts import Line, draw_lines, largest_error
from training.reports.section import Groups, Plot, Section, first, rows_of
from training.reports.table import Table

NAMES = {"clean": "clean", "apgd-ce": "APGD-CE", "apgd-t": "APGD-T", "fab-t": "FAB-T", "square": "Square"}
SIGNS = {"linf": "L∞", "l2": "L2"}


def section(groups: Groups) -> Section:
    """For each norm a table of what each of its attacks leaves, and a plot of what all leave, by radius."""
    found = rows_of(groups, "autoattack")
    one = next(iter(found.values()))[0]
    norms = [norm for norm in SIGNS if one[norm]]
    tables = tuple(_table(found, norm) for norm in norms)
    plots = tuple(_plot(groups, found, norm) for norm in norms)
    left_out = "" if any("apgd-t" in tried for norm in norms for tried in one[norm].values()) else (
        " APGD-T is left out: its loss needs four classes."
    )  # fmt: skip
    note = (
        f"Accuracy in percent on {one['attacked']} test samples (standard error at most "
        f"{largest_error(one['attacked'])}) under AutoAttack, standard version, of pyautoattack: APGD-CE, APGD-T, "
        "FAB-T and Square in turn, each on what those before it left; the last column of a radius is AutoAttack's. "
        f"The targeted ones (-T) try the 9 likeliest wrong classes, or all where there are fewer.{left_out}"
    )
    return Section("What AutoAttack leaves", tables, plots, note)


def _table(found: dict[str, list[dict]], norm: str) -> Table:
    one = next(iter(found.values()))[0][norm]
    tried = [(radius, attack) for radius in one for attack in one[radius] if attack != "clean"]
    rows = {
        name: [[r[norm][radius][attack]["accuracy"] for r in runs] for radius, attack in tried]
        for name, runs in found.items()
    }
    columns = tuple(f"{radius}/255 {NAMES[attack]}" for radius, attack in tried)
    return Table(f"AutoAttack, {SIGNS[norm]}", columns, rows)


def _plot(groups: Groups, found: dict[str, list[dict]], norm: str) -> Plot:
    radii = tuple(next(iter(found.values()))[0][norm])

    def at(one: dict, radius: str) -> dict:
        """The share that is right under the last attack; at radius 0, under none."""
        return one[norm][radii[0]]["clean"] if radius == "0" else list(one[norm][radius].values())[-1]

    places = ("0", *radii)
    lines = {
        name: Line(
            [[at(one, radius)["accuracy"] for one in runs] for radius in places],
            errors=[at(runs[0], radius)["standard error"] for radius in places],
            of=name,
        )
        for name, runs in found.items()
    }
    columns = tuple(f"{radius}/255" if float(radius) else "clean" for radius in places)
    figure = draw_lines(
        lines, [float(radius) for radius in places], places,
        f"radius, in 255ths of the pixel range ({SIGNS[norm]})", "accuracy under AutoAttack, %",
        floor=first(groups)["chance"]["label"],
    )  # fmt: skip
    data = Table("AutoAttack", columns, {name: line.values for name, line in lines.items()})
    return Plot(f"autoattack-{norm}", figure, f"AutoAttack, {SIGNS[norm]}.", data)
