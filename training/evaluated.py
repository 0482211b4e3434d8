"""Runs that were evaluated, as they lie on disk: RUN/evaluation.json and RUN/outcomes.safetensors."""

import json
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any, NamedTuple

from shards.refusal import Refusal
from training.outcomes import Outcome, read_outcomes

FILE = "evaluation.json"
FORMAT = 2  # of that file
BY = "accelerate launch training/evaluate.py"
FREE = ("together", "shifts.sets")  # knobs of speed, and where data sets lie: their fingerprints say which they are


class Evaluated(NamedTuple):
    """A run's folder, its numbers, and which samples it answered rightly, by cell."""

    folder: Path
    numbers: dict
    outcomes: Mapping[str, Outcome]


def read_numbers(folder: Path) -> dict:
    """RUN/evaluation.json.

    Raises: ``Refusal`` if there is none, or if another version of the code wrote it.
    """
    file = folder / FILE
    if not file.is_file():
        raise Refusal(f"{folder} was not evaluated; type: {BY} {folder}")
    numbers = json.loads(file.read_text())
    if numbers.get("format") != FORMAT:
        raise Refusal(f"{file} has format {numbers.get('format', 1)}, not {FORMAT}; evaluate again: {BY} {folder}")
    return numbers


def read_evaluated(folder: Path) -> Evaluated:
    """What an evaluation has left in a run's folder.

    Raises: ``Refusal`` if it is not whole, or if another version of the code wrote it.
    """
    numbers = read_numbers(folder)
    if not (outcomes := read_outcomes(folder)):
        raise Refusal(f"{folder} has lost its outcomes.safetensors; evaluate again: {BY} {folder}")
    return Evaluated(folder, numbers, outcomes)


def check_comparable(runs: Sequence[Evaluated]) -> None:
    """Refuse runs whose numbers were found in different ways or of other things, and a run that is named twice."""
    named = [run.folder.resolve() for run in runs]
    if twice := {str(folder) for folder in named if named.count(folder) > 1}:
        raise Refusal(f"{min(twice)} is named twice; name each run once")
    one, *others = runs
    for other in others:
        both, shared = f"{one.folder} and {other.folder}", one.numbers.keys() & other.numbers.keys()
        if odd := _differences(one.numbers["data"].get("classes", {}), other.numbers["data"].get("classes", {})):
            raise Refusal(f"{both} have other classes ({', '.join(odd)}); compare runs on data of the same classes")
        if odd := _differences(_how(one.numbers, shared), _how(other.numbers, shared)):
            raise Refusal(
                f"{both} were not measured alike ({', '.join(odd)}); evaluate them together: "
                f"{BY} {' '.join(str(run.folder) for run in runs)}"
            )


def _how(numbers: dict, shared: Set[str]) -> dict:
    """How a run was measured: by which protocol, on which other data sets and, if both were, by which corruptions."""
    made = numbers["corruptions"]["trained"]["corruptions"] if "corruptions" in shared else ()
    sets = numbers.get("shifts", {}).get("trained", {})
    splits = {of: {name: one.get("fingerprint") for name, one in found["splits"].items()} for of, found in sets.items()}
    return numbers["protocol"] | {"corrupted by": dict.fromkeys(made, True), "other data": splits}


def _differences(one: Any, other: Any, name: str = "") -> list[str]:
    """Names of what differs between two trees of values."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = {key: f"{name}.{key}".strip(".") for key in {**one, **other}}
        return [
            odd for key, whole in names.items() if whole not in FREE
            for odd in _differences(one.get(key), other.get(key), whole)
        ]  # fmt: skip
    return [] if one == other else [name]
