"""Which runs belong together: those of one recipe are a group, whatever their seeds."""

import json
import os
from collections.abc import Callable, Sequence

from shards.refusal import Refusal
from training.evaluated import Evaluated
from training.reports.section import Groups
from training.run import identity

Named = dict[str, list[Evaluated]]
"""By the recipe's name its runs, in rising order of their seeds."""


def groups(runs: Sequence[Evaluated]) -> Named:
    """Runs by recipe and data, named by what the names of their folders have in common."""
    recipes: dict[str, list[Evaluated]] = {}
    for run in runs:
        recipes.setdefault(_identity(run.numbers), []).append(run)
    named: Named = {}
    for number, some in enumerate(recipes.values(), start=1):
        shared = os.path.commonprefix([run.numbers["run"] for run in some]).rstrip("-_. ")
        name = shared if shared and shared not in named else f"recipe {number}"
        named[name] = sorted(some, key=lambda run: run.numbers["recipe"]["seed"])
    return named


def numbers_of(named: Named) -> Groups:
    """What the reports of an evaluation's parts are given."""
    return {name: [run.numbers for run in runs] for name, runs in named.items()}


def find_group(named: Named, asked: str, option: str, fits: Callable[[dict], bool]) -> str:
    """The group that was asked for, else the first whose recipe fits, else "".

    Raises: ``Refusal`` if there is none of that name.
    """
    if asked and asked not in named:
        raise Refusal(f"--{option} {asked} names no recipe of these runs; recipes are {', '.join(named)}")
    return asked or next((name for name, runs in named.items() if fits(runs[0].numbers["recipe"])), "")


def plain(recipe: dict) -> bool:
    """Whether a recipe is contrastive learning with nothing added."""
    kinds = {"method": "SimCLR", "attack": "Stillness", "false_negatives": "KeepAll"}
    added = recipe["loader"].get("negatives", {"type": "NoNegatives"})["type"] != "NoNegatives"
    return not added and all(recipe.get(part, {"type": kind})["type"] == kind for part, kind in kinds.items())


def supervised(recipe: dict) -> bool:
    """Whether a recipe learns from labels by cross-entropy."""
    return recipe["method"]["type"] == "Supervised"


def seeds_of(named: Named) -> str:
    """Of what the groups are made, in a sentence: a spread over other things than seeds says little."""
    said = []
    for name, runs in named.items():
        seeds = [run.numbers["recipe"]["seed"] for run in runs]
        taken = len({run.numbers["step"] for run in runs}) > 1
        twice = ", some of them twice" if len(set(seeds)) < len(seeds) else ""
        measured = ", which were measured at different steps" if taken else ""
        said.append(f"{name}: seeds {', '.join(map(str, seeds))}{twice}{measured}.")
    return " ".join(said)


def _identity(one: dict) -> str:
    recipe = identity(one["recipe"]) | {"seed": None}  # runs of one recipe differ in their seeds
    data = [one["data"][split]["fingerprint"] for split in ("train", "test")]
    return json.dumps([recipe, data, one.get("origin", {}).get("sha256")], sort_keys=True)
