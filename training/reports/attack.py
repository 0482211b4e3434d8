"""How easily classifiers are broken."""

from training.reports.charts import Line, draw_lines, largest_error
from training.reports.section import Groups, Plot, Section, first, rows_of
from training.reports.table import Table

KINDS = {
    "L∞": {"pgd": "PGD", "fgsm": "FGSM", "sparse": "few frames", "universal": "all frames alike", "noise": "noise"},
    "L2": {"pgd-l2": "PGD", "noise-l2": "noise"},
}
STYLES = {"PGD": "-", "FGSM": "-.", "few frames": (0, (5, 1, 1, 1, 1, 1)), "all frames alike": ":", "noise": "--"}
FILES = {"L∞": "radii", "L2": "radii-l2"}
TITLES = {"L∞": "attack", "L2": "attack, L2"}
CLIPS = (
    "Of clips, two further attacks (L∞, PGD) may change less: few frames, so many that are evenly spaced, {}; or all "
    "frames by one change that they share. "
)


def section(groups: Groups) -> Section:
    """Accuracy by radius: for each norm a table and a plot, with a row and a line for each encoder and attack."""
    found = rows_of(groups, "robustness")
    one, knobs = next(iter(found.values()))[0], first(groups)["protocol"]["robustness"]
    norms = [norm for norm, kinds in KINDS.items() if kinds.keys() & one.keys()]
    plots = [_plot(groups, found, norm) for norm in norms]
    note = (
        f"Accuracy of encoder and linear probe in percent on {one['attacked']} test samples (standard error at most "
        f"{largest_error(one['attacked'])}), attacked with full knowledge of both: by PGD, {knobs['attack_steps']} "
        f"steps from {knobs['restarts']} random start(s); by FGSM, one step from the clean sample; and under uniform "
        "noise of the same size. L∞: no pixel changes by more than the radius. L2: the whole change is no longer than "
        "the radius (Euclidean length; 128/255 is as if one pixel went half the way from black to white). A sample "
        "that PGD breaks at a smaller radius counts as broken at every larger one; FGSM is tried at each by itself. "
    )
    note += CLIPS.format(knobs["sparse"]) if {"sparse", "universal"} & one.keys() else ""
    tables = tuple(plot.data for plot in plots if plot.data is not None)
    return Section("How easily they are broken", tables, tuple(plots), note.strip())


def _plot(groups: Groups, found: dict[str, list[dict]], norm: str) -> Plot:
    kinds = {kind: title for kind, title in KINDS[norm].items() if kind in next(iter(found.values()))[0]}
    radii = tuple(next(iter(found.values()))[0][next(iter(kinds))])
    lines = {
        f"{name}, {title}": Line(
            [[one[kind][radius]["accuracy"] for one in runs] for radius in radii],
            STYLES[title],
            [runs[0][kind][radius]["standard error"] for radius in radii],
            name,
        )
        for name, runs in found.items()
        for kind, title in kinds.items()
    }
    columns = tuple(f"{radius}/255" if float(radius) else "clean" for radius in radii)
    table = Table(TITLES[norm], columns, {name: line.values for name, line in lines.items()})
    figure = draw_lines(
        _fewer(lines) if len(groups) > 1 else lines, [float(radius) for radius in radii], radii,
        f"radius, in 255ths of the pixel range ({norm})", "accuracy of the linear probe, %",
        floor=first(groups)["chance"]["label"],
    )  # fmt: skip
    return Plot(FILES[norm], figure, f"{norm}: PGD drawn through, noise dashed.", table)


def _fewer(lines: dict[str, Line]) -> dict[str, Line]:
    """Of several recipes: PGD on what was trained, and on one encoder that was not."""
    climbed = {name: line for name, line in lines.items() if name.endswith("PGD")}
    (untrained, *_), trained = (
        [name for name in climbed if ("untrained" in name) == without] for without in (True, False)
    )
    return {name: climbed[name] for name in (untrained, *trained)}
