"""Published figures beside ours."""

import statistics
from collections.abc import Iterator, Sequence

from training.evaluated import Evaluated
from training.groups import Named
from training.published import Cited
from training.reports.listing import Listing
from training.reports.section import Section
from training.tuned import read_tuned

OURS = "this report"


def published_section(published: Sequence[Cited], groups: Named) -> Section:
    """A row for each method and protocol, ours first; a column for each measure that somebody has published."""
    mine = [figure for name, runs in groups.items() for figure in ours(name, runs)]
    measures = tuple(dict.fromkeys(["clean", *(figure.measure for figure in published)]))
    rows: dict[tuple[str, ...], dict[str, Cited]] = {}
    for one in (*mine, *published):
        rows.setdefault((one.method, one.protocol, one.network, one.epochs, one.source), {})[one.measure] = one
    listing = Listing(
        "accuracy, %, ours and theirs",
        ("method", "protocol", *measures, "network", "epochs", "source", "how sure"),
        tuple(
            (*key[:2], *(_value(cells.get(measure)) for measure in measures), *key[2:], _sure(list(cells.values())))
            for key, cells in rows.items()
            if set(cells) & set(measures)
        ),
    )
    return Section("What others have published", listings=(listing,), note=_warning(groups))


def ours(name: str, runs: Sequence[Evaluated]) -> list[Cited]:
    """A group's figures under the names that published ones bear."""
    found: dict[tuple[str, str], list[float]] = {}
    for run in runs:
        for protocol, measure, accuracy in (*_of_probe(run), *_of_tuned(run)):
            found.setdefault((protocol, measure), []).append(accuracy)
    recipe = runs[0].numbers["recipe"]
    return [
        Cited(name, "", recipe["network"]["type"], epochs_said(runs[0]), protocol, measure,
               f"{statistics.mean(values):.2f}", f"{statistics.stdev(values):.2f}" if len(values) > 1 else "",
               OURS, f"{len(values)} runs" if len(values) > 1 else "1 run", "")
        for (protocol, measure), values in found.items()
    ]  # fmt: skip


def _of_probe(run: Evaluated) -> Iterator[tuple[str, str, float]]:
    """Protocol, measure and accuracy of the trained encoder's linear probe."""
    attacks = {"pgd": f"PGD-{run.numbers['protocol']['robustness']['attack_steps']}", "auto-linf": "AutoAttack"}
    for cell, outcome in run.outcomes.items():
        part, *what, encoder = cell.split("/")
        accuracy = 100 * float(outcome.right.mean())
        if cell == "linear/trained":
            yield "linear", "clean", accuracy
        elif encoder == "trained" and part in attacks and what != ["0"]:
            yield "linear", f"{attacks[part]} {what[0]}/255", accuracy
    if "corruptions" in run.numbers:
        yield "linear", "corruptions", run.numbers["corruptions"]["trained"]["mean"]["accuracy"]


def _of_tuned(run: Evaluated) -> Iterator[tuple[str, str, float]]:
    """The same of what it became by fine-tuning."""
    for tuned in read_tuned(run.folder, run.numbers).fresh:
        attack = f"PGD-{tuned['finetune']['robustness']['attack_steps']}"
        for radius, point in tuned["robustness"]["pgd"].items():
            yield tuned["name"], f"{attack} {radius}/255" if float(radius) else "clean", point["accuracy"]


def epochs(run: Evaluated) -> float:
    """How often the run had seen each training sample when it was measured."""
    return run.numbers["step"] * run.numbers["recipe"]["loader"]["batch"] / run.numbers["data"]["train"]["samples"]


def epochs_said(run: Evaluated) -> str:
    """The same in three digits; nothing of weights from elsewhere, of which nobody knows it."""
    return "" if "origin" in run.numbers and not run.numbers["step"] else f"{epochs(run):.3g}"


def _value(figure: Cited | None) -> str:
    if figure is None:
        return ""
    return f"{figure.value} ± {figure.spread}" if figure.spread else figure.value


def _sure(figures: Sequence[Cited]) -> str:
    notes = [note for note in dict.fromkeys(figure.note for figure in figures) if note]
    return "; ".join([figures[0].sure, *notes])


def _warning(groups: Named) -> str:
    runs = [run for some in groups.values() for run in some]
    networks = ", ".join(sorted({run.numbers["recipe"]["network"]["type"] for run in runs}))
    seen = sorted(filter(None, map(epochs_said, runs)), key=float)
    known = " to ".join(dict.fromkeys((*seen[:1], *seen[-1:])))
    span = " or ".join(filter(None, [known, "an unknown number of" * (len(seen) < len(runs))]))
    attacked = runs[0].numbers["robustness"]["trained"]["attacked"]
    stale = sum(len(read_tuned(run.folder, run.numbers).stale) for run in runs)
    said = (
        f"Beware: these are no repetitions. Ours are {networks}, trained for {span} epochs; theirs are the networks "
        "named, where known for the epochs named. Ours are read by a linear probe that is solved to convergence, "
        "theirs (SLF, ALF, AFF, linear) by schedules of their own. Under attack ours are measured on "
        f"{attacked} test samples, theirs as a rule on all. Our images may have been encoded anew or cropped when "
        "shards were made; they were corrupted by us. ± is a standard deviation over runs. All figures, with their "
        "notes, lie in training/published_figures.csv."
    )
    return f"{said} Fine-tuned runs that are left out, of another step or other test data: {stale}." if stale else said
