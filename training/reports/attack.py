"""How easily classifiers are broken."""

from training.reports.charts import Line, draw_lines, largest_error
from training.reports.section import Groups, Plot, Section, first, rows_of
from training.reports.table import Table

KINDS = (("pgd", "PGD", "-"), ("noise", "noise", "--"))


def section(groups: Groups) -> Section:
    """Accuracy by radius: a row and a line for each encoder and kind of attack."""
    found = rows_of(groups, "robustness")
    radii = tuple(next(iter(found.values()))[0]["pgd"])
    lines = {
        f"{name}, {title}": Line(
            [[one[kind][radius]["accuracy"] for one in runs] for radius in radii],
            style,
            [runs[0][kind][radius]["standard error"] for radius in radii],
            name,
        )
        for name, runs in found.items()
        for kind, title, style in KINDS
    }
    columns = tuple(f"{radius}/255" if float(radius) else "clean" for radius in radii)
    table = Table("attack", columns, {name: line.values for name, line in lines.items()})
    figure = draw_lines(
        _fewer(lines) if len(groups) > 1 else lines, [float(radius) for radius in radii], radii,
        "radius, in 255ths of the pixel range (L-infinity)", "accuracy of the linear probe, %",
        floor=first(groups)["chance"]["label"],
    )  # fmt: skip
    attacked, steps = next(iter(found.values()))[0]["attacked"], first(groups)["protocol"]["robustness"]["attack_steps"]
    note = (
        f"Accuracy of encoder and linear probe in percent on {attacked} test samples (standard error at most "
        f"{largest_error(attacked)}): under PGD, {steps} steps with full knowledge of both, and under uniform noise. "
        "No pixel changes by more than the radius. A sample that a smaller radius breaks counts as broken at every "
        "larger one."
    )
    plot = Plot("radii", figure, "PGD drawn through, noise dashed.", table)
    return Section("How easily they are broken", (table,), (plot,), note)


def _fewer(lines: dict[str, Line]) -> dict[str, Line]:
    """Of several recipes: PGD on what was trained, and on one encoder that was not."""
    climbed = {name: line for name, line in lines.items() if name.endswith("PGD")}
    (untrained, *_), trained = (
        [name for name in climbed if ("untrained" in name) == without] for without in (True, False)
    )
    return {name: climbed[name] for name in (untrained, *trained)}
