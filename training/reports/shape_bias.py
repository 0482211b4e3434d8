"""Shape bias: what decides where shape and texture contradict each other."""

from training.reports.bars import draw_bars
from training.reports.section import Groups, Plot, Section, rows_of
from training.reports.table import Table

COLUMNS = {"shape bias": "shape bias", "shape": "decided for shape", "texture": "decided for texture"}


def section(groups: Groups) -> Section:
    """Of each set a table, and bars by class."""
    found = rows_of(groups, "shape bias")
    sets = {of: one for runs in found.values() for run in runs for of, one in run.items()}
    tables, plots = [], []
    for of, one in sets.items():
        runs = {name: [run[of] for run in every if of in run] for name, every in found.items()}
        rows = {name: [[run[key] for run in every] for key in COLUMNS] for name, every in runs.items()}
        tables.append(Table(f"shape bias, {of}", tuple(COLUMNS.values()), rows))
        names = tuple(one["classes"])
        bars = {
            name: [[run["classes"][c]["shape bias"] for run in every if c in run["classes"]] for c in names]
            for name, every in runs.items()
        }
        figure = draw_bars(names, bars, "shape bias, %")
        caption = f"{of}: shape bias by the class of the shape; a class for whose cues nothing was decided has no bar."
        plots.append(Plot(f"shape-bias-{of}".replace(", ", "-"), figure, caption, Table(of, names, bars)))
    sizes = ", ".join(f"of {of} {one['trials']} trials in {one['categories']} classes" for of, one in sets.items())
    note = (
        "Each trial shows the shape of one class with the texture of another. Shape bias: of the decisions for either "
        "of the two, so many percent were for the shape; the other columns are shares of all trials, the first of them "
        "the plain accuracy. ImageNet's classes decide by the mean probability of a category's members. Trials with a "
        f"cue that the classifier does not know are left out; there remain {sizes}. The field's figures are of 1200 "
        "trials in 16 classes."
    )
    return Section("Shape against texture", tuple(tables), tuple(plots), note)
