"""Runs side by side: the runs of a recipe are a group, with mean and spread over its seeds."""

import json
import os
from pathlib import Path

from shards.files import write_atomically
from training.reports.of_run import summary
from training.reports.section import Found, Groups, Section
from training.reports.writing import tables_of, write_report
from training.run import FREE

OWN = (*FREE, "seed")  # what may differ between runs of one recipe


def groups(found: Found) -> Groups:
    """Evaluations by recipe, whatever their seed, named by what the names of their folders have in common."""
    recipes: dict[str, list[dict]] = {}
    for one in found:
        recipe = {name: value for name, value in one["recipe"].items() if name not in OWN}
        same = [recipe, one["data"]["test"]["fingerprint"], one.get("origin", {}).get("sha256")]
        recipes.setdefault(json.dumps(same, sort_keys=True), []).append(one)
    named: dict[str, Found] = {}
    for number, runs in enumerate(recipes.values(), start=1):
        shared = os.path.commonprefix([one["run"] for one in runs]).rstrip("-_. ")
        named[shared if shared and shared not in named else f"recipe {number}"] = runs
    return named


def write_comparison(folder: Path, found: Found) -> Groups:
    """Write the report of several runs into ``folder``, and their numbers into comparison.json. Returns: the groups."""
    named = groups(found)
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "groups": {name: [one["run"] for one in runs] for name, runs in named.items()},
        "spread": {table.title: table.spread() for table in tables_of(named)},
        "each": list(found),
    }
    write_atomically(folder / "comparison.json", json.dumps(content, indent=1).encode())
    runs = Section("The runs", note=" ".join(f"{one['run']}: {summary(one)}" for one in found))
    said = f"Accuracies in percent; mean ± standard deviation over runs. {differences(named)}"
    write_report(folder, " and ".join(named), said, named, last=(runs,))
    return named


def differences(named: Groups) -> str:
    """Of what the groups are made, in a sentence: a spread over other things than seeds says little."""
    said = []
    for name, found in named.items():
        seeds = ", ".join(map(str, sorted(one["recipe"]["seed"] for one in found)))
        taken = len({one["step"] for one in found}) > 1
        said.append(f"{name}: seeds {seeds}{', which were measured at different steps' if taken else ''}.")
    return " ".join(said)
