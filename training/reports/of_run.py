"""The report of one run: its evaluation, how it was trained, what it saw, what it became by fine-tuning."""

from dataclasses import replace
from pathlib import Path

from pipelines.loader import Place
from training.reports.charts import draw_curves
from training.reports.section import Plot, Section
from training.reports.writing import write_report
from training.run import Pretrain
from training.sheets import FRAMES, draw_views
from training.tuned import tuned_section
from training.weights.origin import said

SHEET = (
    "Views of the first samples of step 0. A row is a sample; view 0 is followed by the negatives made of it. "
    f"Of clips, {FRAMES} frames are shown."
)


def write_run_report(folder: Path, run: Pretrain, found: dict) -> None:
    """Write a run's report into its folder."""
    last = tuned_section(folder, found)
    if found["step"] or "origin" not in found:  # weights from elsewhere saw nothing here
        last = [*last, *_training(folder, run, found["data"]["train"])]
    write_report(folder, folder.absolute().name, summary(found), {folder.absolute().name: [found]}, last=last)


def _training(folder: Path, run: Pretrain, train: dict) -> list[Section]:
    """How it was trained, and on what."""
    loader = replace(
        run.loader, shards=Path(train["folder"]), weights=(), batch=min(run.loader.batch, train["samples"])
    )
    batch = next(loader.open(Place(), run.seed, views=run.method.views))
    caption = "Loss, kNN, speed and, where a rule looked for them, false negatives over steps."
    return [
        Section("How it was trained", plots=(Plot("curves", draw_curves(folder), caption),)),
        Section("What it saw", plots=(Plot("views", draw_views(batch), SHEET),)),
    ]


def summary(found: dict) -> str:
    """What was trained on what, in a sentence."""
    recipe, data = found["recipe"], found["data"]
    samples = f"{data['train']['samples']} training and {data['test']['samples']} test {data['kind']}s"
    if "origin" in found and not found["step"]:
        return f"{recipe['network']['type']} with {said(found['origin'])}; {samples}."
    began = f" It began with {said(found['origin'])}." if "origin" in found else ""
    return (
        f"{recipe['method']['type']} on {recipe['network']['type']}, {samples}, batch {recipe['loader']['batch']}, "
        f"step {found['step']} of {recipe['steps']}, seed {recipe['seed']}.{began}"
    )
