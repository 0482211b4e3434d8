"""Runs that were evaluated, as they lie on disk: RUN/evaluation.json and RUN/outcomes.safetensors."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from shards.refusal import Refusal
from training.outcomes import Outcome, read_outcomes

FILE = "evaluation.json"
FORMAT = 2  # of that file
BY = "accelerate launch training/evaluate.py"
SPEED = ("together",)  # knobs of the protocol that change how fast something is measured, not what


class Evaluated(NamedTuple):
    """A run's folder, its numbers, and which samples it answered rightly, by cell."""

    folder: Path
    numbers: dict
    outcomes: Mapping[str, Outcome]


def read_evaluated(folder: Path) -> Evaluated:
    """What an evaluation has left in a run's folder.

    Raises: ``Refusal`` if there is none, or if another version of the code wrote it.
    """
    file = folder / FILE
    if not file.is_file():
        raise Refusal(f"{folder} was not evaluated; type: {BY} {folder}")
    numbers = json.loads(file.read_text())
    if numbers.get("format") != FORMAT:
        raise Refusal(f"{file} has format {numbers.get('format', 1)}, not {FORMAT}; evaluate again: {BY} {folder}")
    if not (outcomes := read_outcomes(folder)):
        raise Refusal(f"{folder} has lost its outcomes.safetensors; evaluate again: {BY} {folder}")
    return Evaluated(folder, numbers, outcomes)


def check_comparable(runs: Sequence[Evaluated]) -> None:
    """Refuse runs whose numbers were found in different ways, and a run that is named twice."""
    named = [run.folder.resolve() for run in runs]
    if twice := {str(folder) for folder in named if named.count(folder) > 1}:
        raise Refusal(f"{min(twice)} is named twice; name each run once")
    one, *others = runs
    for other in others:
        if odd := _differences(one.numbers["protocol"], other.numbers["protocol"]):
            raise Refusal(
                f"{one.folder} and {other.folder} were not measured alike ({', '.join(odd)}); evaluate them together: "
                f"{BY} {' '.join(str(run.folder) for run in runs)}"
            )


def _differences(one: Any, other: Any, name: str = "") -> list[str]:
    """Names of the knobs in which two protocols differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [key for key in {**one, **other} if key not in SPEED]
        return [odd for key in keys for odd in _differences(one.get(key), other.get(key), f"{name}.{key}".strip("."))]
    return [] if one == other else [name]
