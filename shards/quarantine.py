"""The list of what was left out of a data set, one JSON object per line."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from shards.sample import Rejected
from shards.target import Target

QUARANTINE = "quarantine.jsonl"


def write_quarantine(rejected: Sequence[Rejected], target: Target) -> None:
    """Write the list, or none if nothing was left out."""
    if rejected:
        lines = (json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in rejected)
        target.write(QUARANTINE, "".join(lines).encode())
    else:
        target.remove(QUARANTINE)  # of an earlier making, in which nothing was sound


def read_quarantine(folder: Path) -> list[Rejected]:
    """What was left out of a data set, in the order of the making."""
    file = folder / QUARANTINE
    return [Rejected(**json.loads(line)) for line in file.read_text().splitlines()] if file.is_file() else []
