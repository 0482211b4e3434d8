"""Something-Something v2, as Qualcomm's archives leave it.

20bn-something-something-v2/78687.webm
labels/labels.json        {"Holding something": "0", …}
labels/train.json         [{"id": "78687", "label": "holding potato chicken…", "template": "Holding [something]", …}, …]
labels/validation.json    likewise
labels/test.json          [{"id": "1420"}, …]
labels/test-answers.csv   1420;Holding something

20BN's older release names them something-something-v2-labels.json and so on, and has no answers.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shards.refusal import Refusal
from shards.sample import Rejected, Sample
from shards.sources.listed import Entry, Faults, Item, fetch, listings, read_lines
from shards.sources.listing import Listing

LAYOUT = "ID.webm, such as 78687.webm, which `cat 20bn-something-something-v2-?? | tar zx` makes"
SPLITS = {"train": "train", "validation": "val", "test": "test"}


@dataclass(frozen=True)
class Something:
    """Something-Something v2: 220 847 clips of 174 things that hands do with things.

    From https://developer.qualcomm.com/software/ai-datasets/something-something (terms: see there). A test list without
    answers becomes a split of one class, "unlabelled".
    """

    root: Path
    """The folder 20bn-something-something-v2, or an uncompressed tar of it."""
    lists: Path
    """The folder with labels.json, train.json, validation.json and, if there, test.json and test-answers.csv."""

    def splits(self) -> Mapping[str, Listing]:
        names, faults = self._read("labels"), Faults(list)
        numbers = sorted(map(str, names.values())) if isinstance(names, dict) else None
        if numbers != sorted(map(str, range(len(names)))):
            raise Refusal(f"labels.json in {self.lists} must number its templates from 0; fetch the labels again")
        classes = sorted(names, key=lambda name: int(names[name]))
        entries = (entry for split in SPLITS for entry in self._entries(split, faults))
        return listings(self.root, classes, entries, lambda path: path.stem, faults, LAYOUT)

    def samples(self, item: Item) -> Iterator[Sample]:
        yield from fetch(self.root, item)

    def _entries(self, split: str, faults: Faults) -> Iterator[Entry]:
        answers = self._answers() if split == "test" else {}
        rows = self._read(split, optional=split != "train")
        if not isinstance(rows, list):
            raise Refusal(f"{split}.json must be a list of videos, not of type {type(rows).__name__}; fetch it again")
        for number, row in enumerate(rows, 1):
            where = f"{split}.json, row {number}"
            if not isinstance(row, dict) or not str(row.get("id", "")).isalnum():
                faults[SPLITS[split]].append(Rejected(f"{split} row {number}", f"{where} has no id: {row!r:.100}"))
                continue
            template = str(row.get("template", "")).replace("[", "").replace("]", "")
            yield Entry(SPLITS[split], str(row["id"]), template or answers.get(str(row["id"]), ""), where)

    def _answers(self) -> dict[str, str]:
        file = self.lists / "test-answers.csv"
        lines = read_lines(file) if file.is_file() else []
        return {name: label for name, _, label in (line.partition(";") for _, line in lines)}

    def _read(self, name: str, optional: bool = False) -> Any:
        for file in (self.lists / f"{name}.json", self.lists / f"something-something-v2-{name}.json"):
            if file.is_file():
                try:
                    return json.loads(file.read_bytes())
                except ValueError as error:
                    raise Refusal(f"{file} is no whole JSON ({error}); fetch it again") from error
        if optional:
            return []
        raise Refusal(f"--lists {self.lists} has neither {name}.json nor something-something-v2-{name}.json")
