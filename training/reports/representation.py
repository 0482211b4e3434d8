"""How classes lie among each other."""

from collections.abc import Mapping

from training.reports.maps import draw_map, draw_sheet, map_table, sheet_table
from training.reports.section import Found, Groups, Plot, Section, rows_of
from training.reports.table import Table

COLUMNS = {"rank": "RankMe", "same": "same class", "different": "other classes", "margin": "margin"}


def section(groups: Groups) -> Section:
    """Rank, distances and margins; a map of the classes, and some samples on a sheet."""
    found = rows_of(groups, "representation")
    rows = {name: [[one[c] for one in runs] for c in COLUMNS] for name, runs in found.items()}
    negative = {name: [[one["negative"] for one in runs]] for name, runs in found.items()}
    tables = (
        Table("representation", tuple(COLUMNS.values()), rows, unit="", digits=3),
        Table("nearer to another class", ("test samples",), negative),
    )
    note = (
        "Of the test samples' features. RankMe: exp of the entropy of the feature matrix's singular values, about how "
        "many directions are in use. Same class, other classes: mean cosine distance over all pairs of samples of one "
        "class, and of two; the first small and the second large means compact classes. Margin: by how much a sample "
        "is nearer, in cosine distance, to the mean of its own class (without itself) than to the nearest mean of "
        "another; below 0 it is nearer to another class. Small margins are what 2207.10862 blames for adversarial "
        "susceptibility. On a sheet only neighbourhoods mean something: distances, sizes and gaps are t-SNE's own."
    )
    return Section("How classes lie", tables, plots(found), note)


def plots(found: Mapping[str, Found]) -> tuple[Plot, ...]:
    """Of several runs the maps are means, and the sheets those of the first."""
    maps = {name: [one["map"] for one in runs] for name, runs in found.items() if all("map" in one for one in runs)}
    sheets = {name: runs[0]["sheet"] for name, runs in found.items() if "sheet" in runs[0]}
    names = next(iter(maps.values()))[0]["names"] if maps else []
    made = []
    if maps:
        caption = "Mean cosine distance between test samples of two classes; dark is near. Diagonals: within a class."
        made.append(Plot("classes", draw_map(maps), caption, map_table(maps)))
    if sheets:
        counts = sorted({len(sheet["x"]) for sheet in sheets.values()})  # other test data may have fewer samples
        shown = " to ".join(map(str, dict.fromkeys((counts[0], counts[-1]))))
        caption = f"t-SNE of {shown} test samples' features, coloured by class."
        made.append(Plot("sheet", draw_sheet(sheets, names), caption, sheet_table(sheets)))
    return tuple(made)
