"""A run as one HTML page: what it learned, how the loss fell, what it saw. The pictures lie beside it as PNG too."""

import base64
import html
from dataclasses import replace
from pathlib import Path
from string import Template

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from pipelines.loader import Place
from shards.read import Shards
from training.run import Pretrain
from training.sheets import FRAMES, draw_views
from training.trackers import read_metrics

PAGE = Template("""<!doctype html><meta charset="utf-8"><title>$title</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.3rem 1rem;border-bottom:1px solid #ddd;text-align:right}
td:first-child,th:first-child{text-align:left}img{max-width:100%}figcaption{color:#666}</style>
<h1>$title</h1><p>$summary</p>
<h2>What the features know</h2><p>kNN accuracy on the test split in percent, k = $neighbours,
voted by the training split. The step is the last one; nothing was chosen by the test split.</p>$table
<h2>How it was trained</h2><figure>
<img src="data:image/png;base64,$curves" alt="loss, kNN and speed over steps"></figure>
<h2>What it saw</h2><figure><img src="data:image/png;base64,$views" alt="views of the first batch">
<figcaption>Views of the first samples of step 0. A row is a sample; view 0 is followed by the
negatives made of it. Of clips, $frames frames are shown.</figcaption></figure>
""")


def write_report(
    folder: Path, run: Pretrain, table: dict[str, dict[str, float]], train: Shards, test: Shards, neighbours: int
) -> None:
    """Write ``report.html``, ``curves.png`` and ``views.png`` into ``folder``."""
    draw_curves(folder).savefig(folder / "curves.png", dpi=110)
    batch = next(replace(run.loader, shards=train.folder).open(Place(), run.seed))
    draw_views(batch).savefig(folder / "views.png", dpi=110)
    plt.close("all")
    summary = (
        f"{type(run.method).__name__} on {type(run.network).__name__}, {len(train)} training and {len(test)} test "
        f"{train.manifest.kind}s, batch {run.loader.batch}, {run.steps} steps, seed {run.seed}."
    )
    page = PAGE.substitute(
        title=html.escape(folder.name), summary=html.escape(summary), neighbours=neighbours, frames=FRAMES,
        table=_table(table, train), curves=_embed(folder / "curves.png"), views=_embed(folder / "views.png"),
    )  # fmt: skip
    (folder / "report.html").write_text(page)


def draw_curves(folder: Path) -> Figure:
    """Loss, online kNN and the share of the data-free floor over steps."""
    lines = read_metrics(folder)
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.2), constrained_layout=True)
    _plot(axes[0], lines, ["loss"], "loss")
    _plot(axes[1], lines, sorted({k for line in lines for k in line if k.startswith("knn/")}), "kNN while training, %")
    _plot(axes[2], lines, ["share of data-free floor"], "speed, share of data-free floor")
    axes[2].set_ylim(0, 1.1)
    return figure


def _plot(axis, lines: list[dict], names: list[str], title: str) -> None:
    for name in names:
        steps = [line["step"] for line in lines if name in line]
        axis.plot(
            steps, [line[name] for line in lines if name in line], marker="." if len(steps) < 30 else "", label=name
        )
    axis.set(title=title, xlabel="step")
    axis.grid(alpha=0.3)
    if len(names) > 1:
        axis.legend(fontsize="small")


def _table(table: dict[str, dict[str, float]], train: Shards) -> str:
    facts = list(next(iter(table.values())))
    chance = {fact: 100 / len(train.manifest.classes[fact]) for fact in facts}
    rows = {"chance": chance, **table}
    head = "".join(f"<th>{html.escape(name)}</th>" for name in ("", *facts))
    body = "".join(
        f"<tr><td>{html.escape(name)}</td>" + "".join(f"<td>{values[fact]:.1f}</td>" for fact in facts) + "</tr>"
        for name, values in rows.items()
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _embed(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
