"""From evaluations to files: report.html, report.md, and plots with their numbers as CSV."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from shards.files import write_atomically
from training.reports import PARTS
from training.reports.glance import glance
from training.reports.measured import measured
from training.reports.page import PLOTS, as_html, as_markdown
from training.reports.section import Groups, Section, has
from training.reports.table import Table


def sections_of(groups: Groups) -> list[Section]:
    """What is said of every part in which all of these runs were measured."""
    return [section(groups) for part, section in PARTS if has(groups, part)]


def tables_of(groups: Groups) -> list[Table]:
    return [table for section in sections_of(groups) for table in section.tables]


def write_report(
    folder: Path, title: str, summary: str, groups: Groups, first: Sequence[Section] = (), last: Sequence[Section] = ()
) -> None:
    """Write a report of ``groups`` into ``folder``, with further sections before and after those of the parts."""
    sections = [*first, glance(groups), *sections_of(groups), *last, measured(groups)]
    (folder / PLOTS).mkdir(parents=True, exist_ok=True)
    pictures = {}
    for plot in (plot for section in sections for plot in section.plots):
        pictures[plot.name] = _png(plot.figure)
        write_atomically(folder / PLOTS / f"{plot.name}.png", pictures[plot.name])
        if plot.data is not None:
            write_atomically(folder / PLOTS / f"{plot.name}.csv", plot.data.csv().encode())
    said = {
        name: [{k: one[k] for k in ("protocol", "data", "provenance", "recipe")} for one in found]
        for name, found in groups.items()
    }
    page = as_html(title, summary, sections, pictures, json.dumps(said, indent=1))
    write_atomically(folder / "report.html", page.encode())
    write_atomically(folder / "report.md", as_markdown(title, summary, sections).encode())


def _png(figure: Figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=160)
    return stream.getvalue()
