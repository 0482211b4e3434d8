"""Reports of evaluations: one for each run, one for several runs together."""

import html
import json
from dataclasses import replace
from pathlib import Path

from pipelines.loader import Place
from shards.files import write_atomically
from training.charts import draw_curves, draw_radii
from training.page import picture, write_page
from training.run import FREE, Pretrain
from training.sheets import FRAMES, draw_views
from training.tables import Found, all_tables
from training.tuned import tuned_html

OWN = (*FREE, "seed")  # what may differ between runs of one recipe
SHEET = (
    "Views of the first samples of step 0. A row is a sample; view 0 is followed by the negatives made of it. "
    f"Of clips, {FRAMES} frames are shown."
)


def write_report(folder: Path, run: Pretrain, found: dict) -> None:
    """Write ``report.html``, ``curves.png``, ``views.png`` and ``radii.png`` into a run's folder."""
    train = found["data"]["train"]
    loader = replace(
        run.loader, shards=Path(train["folder"]), weights=(), batch=min(run.loader.batch, train["samples"])
    )
    batch = next(loader.open(Place(), run.seed, views=run.method.views))
    curves = picture(
        draw_curves(folder),
        folder / "curves.png",
        "Loss, kNN, speed and, where a rule looked for them, false negatives over steps.",
    )
    views = picture(draw_views(batch), folder / "views.png", SHEET)
    rest = f"{tuned_html(folder)}<h2>How it was trained</h2>{curves}<h2>What it saw</h2>{views}"
    write_page(folder, folder.absolute().name, summary(found), [found], draw_radii([found]), rest)


def write_joint_report(folder: Path, found: Found) -> None:
    """Write ``report.html``, ``evaluation.json`` and ``radii.png`` of several runs: mean and standard deviation."""
    folder.mkdir(parents=True, exist_ok=True)
    spread = {table.title: table.spread() for table in all_tables(found)}
    content = {"runs": [one["run"] for one in found], "spread": spread, "each": list(found)}
    write_atomically(folder / "evaluation.json", json.dumps(content, indent=1).encode())
    runs = "".join(f"<li>{html.escape(one['run'])}: {html.escape(summary(one))}</li>" for one in found)
    said = f"Mean ± standard deviation over {len(found)} runs. {differences(found)}"
    write_page(folder, f"{len(found)} runs", said, found, draw_radii(found), f"<h2>The runs</h2><ul>{runs}</ul>")


def summary(found: dict) -> str:
    """What was trained on what, in a sentence."""
    recipe, data = found["recipe"], found["data"]
    return (
        f"{recipe['method']['type']} on {recipe['network']['type']}, {data['train']['samples']} training and "
        f"{data['test']['samples']} test {data['kind']}s, batch {recipe['loader']['batch']}, step {found['step']} of "
        f"{recipe['steps']}, seed {recipe['seed']}."
    )


def differences(found: Found) -> str:
    """Whether these are runs of one recipe, in a sentence: a spread over other things than seeds says little."""
    recipes = [one["recipe"] for one in found]
    names = sorted(name for name in recipes[0] if name not in OWN and any(r[name] != recipes[0][name] for r in recipes))
    names += ["step measured"] * (len({one["step"] for one in found}) > 1)
    seeds = sorted({recipe["seed"] for recipe in recipes})
    if names:
        return f"Beware: they differ in {', '.join(names)}, so the spread is not that of seeds alone."
    return f"One recipe, seeds {', '.join(map(str, seeds))}."
