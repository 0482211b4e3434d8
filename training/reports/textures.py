"""How far texture alone goes."""

from collections.abc import Mapping, Sequence

from training.reports.bars import draw_bars
from training.reports.section import Groups, Plot, Section, first, rows_of
from training.reports.table import Table

MOST = 30  # classes that a plot shows
KINDS = ("image", "texture")
Runs = Mapping[str, Sequence[dict]]


def section(groups: Groups) -> Section:
    """Accuracy on images and on their textures, in classes and in groups of classes; bars of those."""
    found = rows_of(groups, "textures")
    one = next(iter(found.values()))[0]
    columns = {"fine": "{}", "coarse": "{}, in groups"}
    wanted = [(how, kind) for how in columns if how in one for kind in KINDS]
    rows = {
        name: [[run[how][kind]["accuracy"] for run in runs] for how, kind in wanted] for name, runs in found.items()
    }
    tables = [Table("textures", tuple(columns[how].format(kind) for how, kind in wanted), rows)]
    if one["cues"]:
        tables.append(_cues(found, tuple(one["cues"])))
    last = [*found.values()][-1]
    grouped = "groups" in one
    plot = _by_group(last) if grouped else _by_class(last)
    if grouped and plot.data:
        tables.append(plot.data)
    note = (
        f"The classifier that learned from images is asked about the textures that lie beside {_samples(one)} test "
        "samples: pictures of the same surface without the thing. Accuracy in percent; chance is "
        f"{first(groups)['chance']['label']:.1f}."
    )
    if grouped:
        note += " In groups, an answer is right if it is of the right class's group, and chance is "
        note += f"{one['chance in groups']:.1f}: where textures do well in groups "
        note += "but not in classes, finer classes need more than texture."
    if one["cues"]:
        note += " Linear probes of each cue say what an image, and its texture alone, show of shape and of texture."
    return Section("Texture alone", tuple(tables), (plot,), note)


def _cues(found: Runs, cues: tuple[str, ...]) -> Table:
    columns = tuple(f"{cue}, from {kind}" for cue in cues for kind in KINDS)
    rows = {
        name: [[run["cues"][cue][kind] for run in runs] for cue in cues for kind in KINDS]
        for name, runs in found.items()
    }
    return Table("cues in images and textures", columns, rows)


def _by_class(runs: Sequence[dict]) -> Plot:
    """The classes that texture serves best, of the last encoder."""
    means = {name: sum(run["classes"][name]["texture"] for run in runs) for name in runs[0]["classes"]}
    names = sorted(means, key=lambda name: -means[name])
    rows = {name: [[run["classes"][name][kind] for run in runs] for kind in KINDS] for name in names}
    return _bars(rows, KINDS, names[:MOST], "classes, trained encoder")


def _by_group(runs: Sequence[dict]) -> Plot:
    names = [*runs[0]["groups"]["fine"]]
    wanted = [(how, kind) for how in ("fine", "coarse") for kind in KINDS]
    columns = tuple(kind if how == "fine" else f"{kind}, in groups" for how, kind in wanted)
    rows = {name: [[run["groups"][how][name][kind] for run in runs] for how, kind in wanted] for name in names}
    return _bars(rows, columns, names[:MOST], "groups, trained encoder")


def _bars(rows: dict[str, list[list[float]]], columns: tuple[str, ...], names: list[str], what: str) -> Plot:
    bars = {column: [rows[name][number] for name in names] for number, column in enumerate(columns)}
    caption = f"{what.capitalize()}: accuracy with the linear probe on images and on their textures."
    return Plot(
        f"textures-{what.partition(',')[0]}", draw_bars(names, bars, "accuracy, %"), caption, Table(what, columns, rows)
    )


def _samples(one: dict) -> int:
    return sum(int(each["samples"]) for each in one["classes"].values())
