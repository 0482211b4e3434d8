"""What is said of runs side by side, beyond what is said of each."""

from collections.abc import Sequence
from typing import Any

from training.groups import Named
from training.published import ANY, Cited, of_data
from training.reports.listing import Listing
from training.reports.paired import differences_section, gap_section
from training.reports.published import epochs_said, published_section
from training.reports.section import Section


def compared_sections(found: dict[str, Any], named: Named, published: Sequence[Cited]) -> list[Section]:
    """Of what ``Comparison.compare`` has found: differences and gap closed; published figures; which runs these are."""
    sections = []
    if found["differences"]:
        sections.append(differences_section(found))
    if found["gap closed"]:
        sections.append(gap_section(found, of_data(ANY)))
    if published:
        sections.append(published_section(published, named))
    return [*sections, Section("The runs", listings=(_listed(named),))]


def _listed(named: Named) -> Listing:
    rows = []
    for name, runs in named.items():
        for run in runs:
            recipe, samples = run.numbers["recipe"], run.numbers["data"]["train"]["samples"]
            rows.append((
                run.numbers["run"], name, recipe["method"]["type"], recipe["network"]["type"],
                str(samples), str(recipe["loader"]["batch"]), f"{run.numbers['step']} of {recipe['steps']}",
                epochs_said(run), str(recipe["seed"]),
            ))  # fmt: skip
    columns = ("run", "recipe", "method", "network", "training samples", "batch", "step", "epochs", "seed")
    return Listing("runs and their recipes", columns, tuple(rows))
