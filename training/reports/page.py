"""Sections as one HTML page that needs no other file, and as Markdown."""

import base64
import html
import re
from collections.abc import Sequence
from string import Template

from training.reports.listing import escaped
from training.reports.section import Plot, Section

STYLE = """:root{color-scheme:light}*{box-sizing:border-box}
body{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;max-width:60rem;
margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff;overflow-wrap:break-word}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .5rem}h2{font-size:1.3rem;margin:2.2rem 0 .6rem;scroll-margin-top:1rem}
h3{font-size:1rem;margin:1.2rem 0 .3rem}
nav{border:1px solid #ddd;border-radius:.4rem;padding:.5rem 1rem;margin:1rem 0;columns:2 16rem;background:#fafafa}
nav a{display:block;padding:.15rem 0;color:#0b4f8a;text-decoration:none;break-inside:avoid}
.wide{overflow-x:auto;margin:.3rem 0 1rem}
table{border-collapse:collapse;font-size:.95rem;font-variant-numeric:tabular-nums}
td,th{padding:.3rem .7rem;border-bottom:1px solid #ddd;text-align:right;white-space:nowrap;vertical-align:top}
th{border-bottom:2px solid #999;vertical-align:bottom}td:first-child,th:first-child{text-align:left}
.words td,.words th{text-align:left;white-space:normal;min-width:4.5rem;max-width:18rem}
.words td.long{min-width:15rem}
figure{margin:1rem 0}img{max-width:100%;width:44rem;height:auto}
figcaption,.note{color:#444;font-size:.95rem}summary{cursor:pointer;padding:.3rem 0;font-weight:600}
pre{overflow-x:auto;font-size:.8rem}
@media(max-width:40rem){body{margin:1rem auto;padding:0 .7rem}td,th{padding:.25rem .3rem;font-size:.8rem}
td:first-child,th:first-child{position:sticky;left:0;background:#fff;white-space:normal;min-width:5.5rem;max-width:8rem}}
@media print{@page{margin:1.5cm}body{max-width:none;margin:0;padding:0;font-size:10pt}nav,details{display:none}
details.rows{display:block}details.rows::details-content{content-visibility:visible;display:block}
h2,h3{break-after:avoid}figure,tr{break-inside:avoid}figure img{max-height:9cm;width:auto}
thead{break-inside:avoid;break-after:avoid}.wide{overflow:visible}
td,th{padding:.15rem .4rem;font-size:8.5pt;white-space:normal}
.words td,.words th,.words td.long{min-width:2cm;font-size:7pt}}"""
PAGE = Template("""<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>$title</title><style>$style</style>
<h1>$title</h1><p>$summary</p>
<nav aria-label="contents">$contents</nav>
$sections
<details><summary>All settings</summary><pre>$settings</pre></details></html>
""")
PLOTS = "plots"


def as_html(title: str, summary: str, sections: Sequence[Section], pictures: dict[str, bytes], settings: str) -> str:
    """The page; ``pictures`` holds each plot's PNG by its name."""
    return PAGE.substitute(
        title=html.escape(title), style=STYLE, summary=html.escape(summary), settings=html.escape(settings),
        contents="".join(f'<a href="#{_anchor(section)}">{html.escape(section.title)}</a>' for section in sections),
        sections="\n".join(_section(section, pictures) for section in sections),
    )  # fmt: skip


def _section(section: Section, pictures: dict[str, bytes]) -> str:
    plots = "".join(_picture(plot, pictures[plot.name]) for plot in section.plots)
    tables = "".join(table.html() for table in (*section.tables, *section.listings))
    note = f'<p class="note">{html.escape(section.note)}</p>' if section.note else ""
    title = html.escape(section.title)
    return f'<section><h2 id="{_anchor(section)}">{title}</h2>{plots}{tables}{note}</section>'


def _anchor(section: Section) -> str:
    return re.sub(r"\W+", "-", section.title.lower()).strip("-")


def _picture(plot: Plot, content: bytes) -> str:
    data = f" (numbers: {PLOTS}/{html.escape(plot.name)}.csv)" if plot.data else ""
    return (
        f'<figure><img src="data:image/png;base64,{base64.b64encode(content).decode()}" '
        f'alt="{html.escape(plot.caption)}"><figcaption>{html.escape(plot.caption)}{data}</figcaption></figure>'
    )


def as_markdown(title: str, summary: str, sections: Sequence[Section]) -> str:
    """The same without settings; plots lie beside it."""
    parts = [f"# {escaped(title)}\n\n{escaped(summary)}\n"]
    for section in sections:
        parts.append(f"## {escaped(section.title)}\n")
        parts += [f"![{escaped(plot.caption)}]({PLOTS}/{plot.name}.png)\n" for plot in section.plots]
        parts += [f"{escaped(table.title)}:\n\n{table.markdown()}" for table in (*section.tables, *section.listings)]
        parts += [f"{escaped(section.note)}\n"] if section.note else []
    return "\n".join(parts)
