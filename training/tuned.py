"""What fine-tuning has found of a run, on disk and as tables: RUN/tuned-NAME.json and .safetensors, a pair per way."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from safetensors.torch import save_file

from shards.files import complete_or_absent, write_atomically
from training.reports.section import Section
from training.reports.table import Table
from training.tuning.classifier import Classifier
from training.values import as_json


def save_tuned(folder: Path, classifier: Classifier, found: dict) -> Path:
    """Write the classifier's tensors, then the numbers: where these are, both are complete. Returns: their file."""
    numbers = folder / f"tuned-{found['name']}.json"
    numbers.unlink(missing_ok=True)
    with complete_or_absent(numbers.with_suffix(".safetensors")) as file:
        save_file({name: t.detach().cpu().contiguous() for name, t in classifier.state_dict().items()}, file)
    write_atomically(numbers, as_json(found))
    return numbers


class Tuned(NamedTuple):
    """What was found of a run, by name."""

    fresh: list[dict]
    stale: list[dict]
    """Of another step or other test data than the evaluation that it would stand beside."""


def read_tuned(folder: Path, evaluation: dict) -> Tuned:
    """All that was found of a run, which ``evaluation`` is of."""
    found = [json.loads(file.read_text()) for file in sorted(folder.glob("tuned-*.json"))]
    alike = [_measured(one) == _measured(evaluation) for one in found]
    return Tuned(*([one for one, same in zip(found, alike, strict=True) if same == kept] for kept in (True, False)))


def _measured(found: dict) -> tuple[int, str]:
    return found["step"], found["data"]["test"]["fingerprint"]


def tuned_tables(found: Sequence[dict]) -> list[Table]:
    """Accuracy by radius and its standard error, a row for each way; of other radii, in another table."""
    alike: dict[tuple[str, ...], list[dict]] = {}
    for one in found:
        alike.setdefault(tuple(one["robustness"]["pgd"]), []).append(one)
    return [_table(radii, some) for radii, some in alike.items()]


def _table(radii: tuple[str, ...], found: Sequence[dict]) -> Table:
    columns = [column for r in radii for column in (f"{r}/255" if float(r) else "clean", "±")]
    rows = {
        one["name"]: [
            [one["chance"]],
            *([point[key]] for point in one["robustness"]["pgd"].values() for key in ("accuracy", "standard error")),
        ]
        for one in found
    }
    return Table("Fine-tuned", ("chance", *columns), rows)


def tuned_section(folder: Path, evaluation: dict) -> list[Section]:
    """All of it as a part of a report; none, if nothing was fine-tuned."""
    note = (
        "Accuracy in percent and its standard error on test samples, as they are and under PGD. slf: a linear layer "
        "learned on the frozen encoder; alf: on attacked views; full: all weights learned, on clean views; aff: on "
        "clean and attacked ones. The weights of the last step were measured; how they were learned is in "
        "tuned-NAME.json."
    )
    fresh, stale = read_tuned(folder, evaluation)
    if stale:
        note += f" Left out, of another step or other test data: {', '.join(one['name'] for one in stale)}; tune again."
    tables = tuple(tuned_tables(fresh))
    return [Section("What it becomes by fine-tuning", tables, note=note)] if fresh or stale else []
