"""Runs of several recipes side by side: the runs of a recipe are a group, with mean and spread."""

import html
import json
import os
from collections.abc import Mapping
from pathlib import Path
from string import Template

from training.charts import draw_groups
from training.page import STYLE, picture
from training.report import OWN, summary
from training.tables import Found, Table, all_tables

SHARED = ("chance", "raw pixels", "raw pixels, centred")  # rows that no training changes
PAGE = Template("""<!doctype html><html lang="en"><meta charset="utf-8"><title>$title</title><style>$style</style>
<h1>$title</h1><p>Accuracies in percent; of several runs mean ± standard deviation between runs. The newest checkpoint
of each run was measured; the test split decided nothing. How each was measured is in the runs' own reports.</p>
$radii$tables<h2>The runs</h2><ul>$runs</ul></html>
""")


def groups(found: Found) -> dict[str, Found]:
    """Evaluations by recipe, whatever their seed, named by what the names of their folders have in common."""
    recipes: dict[str, list[dict]] = {}
    for one in found:
        recipe = {name: value for name, value in one["recipe"].items() if name not in OWN}
        recipes.setdefault(json.dumps([recipe, one["data"]["test"]["fingerprint"]], sort_keys=True), []).append(one)
    named: dict[str, Found] = {}
    for number, runs in enumerate(recipes.values(), start=1):
        shared = os.path.commonprefix([one["run"] for one in runs]).rstrip("-_. ")
        named[shared if shared and shared not in named else f"recipe {number}"] = runs
    return named


def compared(named: Mapping[str, Found]) -> list[Table]:
    """Every table with the rows of all groups; what no training changes comes once."""
    merged = []
    for tables in zip(*(all_tables(runs) for runs in named.values()), strict=True):
        rows = {}
        for name, table in zip(named, tables, strict=True):
            rows |= {row if row in SHARED else f"{name}, {row}": cells for row, cells in table.rows.items()}
        first = tables[0]
        merged.append(Table(first.title, first.columns, rows, first.unit, first.digits))
    return merged


def write_comparison(folder: Path, named: Mapping[str, Found]) -> None:
    """Write ``report.html``, ``radii.png`` and ``evaluation.json`` of several recipes into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    radii = picture(draw_groups(named), folder / "radii.png", "Accuracy of the linear probe under PGD.")
    tables = "".join(f"<h2>{html.escape(table.title)}</h2>{table.html()}" for table in compared(named))
    runs = "".join(
        f"<li>{html.escape(one['run'])}: {html.escape(summary(one))}</li>" for group in named.values() for one in group
    )
    title = html.escape(" and ".join(named))
    (folder / "report.html").write_text(
        PAGE.substitute(title=title, style=STYLE, radii=radii, tables=tables, runs=runs)
    )
    (folder / "evaluation.json").write_text(json.dumps({name: list(runs) for name, runs in named.items()}, indent=1))
