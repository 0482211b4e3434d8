"""Sections as one HTML page that needs no other file, and as Markdown."""

import base64
import html
from collections.abc import Sequence
from string import Template

from training.reports.section import Plot, Section

STYLE = """:root{color-scheme:light}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;
padding:0 1rem;color:#222}.wide{overflow-x:auto}table{border-collapse:collapse;margin:1rem 0;font-size:.95rem}
td,th{padding:.3rem .8rem;border-bottom:1px solid #ddd;text-align:right;white-space:nowrap}
td:first-child,th:first-child{text-align:left}figure{margin:1rem 0}img{max-width:100%;height:auto}
figcaption,.note{color:#555}pre{overflow-x:auto;font-size:.8rem}
@media(max-width:40rem){body{margin:1rem auto}td,th{padding:.25rem .4rem;font-size:.85rem}}
@media print{body{max-width:none;margin:0;font-size:11pt}section{break-inside:avoid-page}details{display:none}}"""
PAGE = Template("""<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>$title</title><style>$style</style>
<h1>$title</h1><p>$summary</p>
$sections
<details><summary>All settings</summary><pre>$settings</pre></details></html>
""")
PLOTS = "plots"


def as_html(title: str, summary: str, sections: Sequence[Section], pictures: dict[str, bytes], settings: str) -> str:
    """The page; ``pictures`` holds each plot's PNG by its name."""
    return PAGE.substitute(
        title=html.escape(title), style=STYLE, summary=html.escape(summary), settings=html.escape(settings),
        sections="\n".join(_section(section, pictures) for section in sections),
    )  # fmt: skip


def _section(section: Section, pictures: dict[str, bytes]) -> str:
    plots = "".join(_picture(plot, pictures[plot.name]) for plot in section.plots)
    tables = "".join(table.html() for table in section.tables)
    note = f'<p class="note">{html.escape(section.note)}</p>' if section.note else ""
    return f"<section><h2>{html.escape(section.title)}</h2>{plots}{tables}{note}</section>"


def _picture(plot: Plot, content: bytes) -> str:
    data = f" (numbers: {PLOTS}/{html.escape(plot.name)}.csv)" if plot.data else ""
    return (
        f'<figure><img src="data:image/png;base64,{base64.b64encode(content).decode()}" '
        f'alt="{html.escape(plot.caption)}"><figcaption>{html.escape(plot.caption)}{data}</figcaption></figure>'
    )


def as_markdown(title: str, summary: str, sections: Sequence[Section]) -> str:
    """The same without settings; plots lie beside it."""
    parts = [f"# {title}\n\n{summary}\n"]
    for section in sections:
        parts.append(f"## {section.title}\n")
        parts += [f"![{plot.caption}]({PLOTS}/{plot.name}.png)\n" for plot in section.plots]
        parts += [f"{table.title}:\n\n{table.markdown()}" for table in section.tables]
        parts += [f"{section.note}\n"] if section.note else []
    return "\n".join(parts)
