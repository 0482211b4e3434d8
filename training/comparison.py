"""Runs side by side: mean and spread, differences sample by sample, the gap that is closed, published figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from shards.files import write_atomically
from training.evaluated import Evaluated, check_comparable, read_evaluated
from training.gap import gap_closed
from training.groups import Named, find_group, groups, numbers_of, plain, seeds_of, supervised
from training.outcomes import Outcome
from training.paired import Bootstrap, Drawn
from training.published import Cited, of_data
from training.reports.compared import compared_sections
from training.reports.section import Section
from training.reports.table import tables_csv
from training.reports.writing import sections_of, write_report
from training.values import as_json, describe

MEASURED = "trained"  # the encoder whose answers are compared


@dataclass(frozen=True)
class Comparison:
    """What runs are compared with, and how."""

    contrast: str = ""
    """Recipe that the others are compared with, by its name in the report; unless given, the first that is SimCLR
    without attack, removal or further negatives, or else the first of all."""
    supervised: str = ""
    """Recipe at the upper end of the gap that is to be closed; unless given, the first of method Supervised."""
    published: Literal["auto", "none", "cifar10", "cifar100", "imagenet100"] = "auto"
    """Data set whose published figures are shown; auto: the one that has the class names of these runs' data."""
    bootstrap: Bootstrap = field(default_factory=Bootstrap)

    def __call__(self, out: Path, folders: Sequence[Path]) -> None:
        """Compare evaluated runs; write report.html, report.md, comparison.json and comparison.csv into ``out``.

        Raises: ``Refusal`` if a run was not evaluated, or not as the others were; if a recipe that is named is none.
        """
        runs = [read_evaluated(folder) for folder in folders]
        check_comparable(runs)
        named = groups(runs)
        found, published = self.compare(named), self._published(runs)
        write_comparison(out, runs, named, found, compared_sections(found, named, published))

    def compare(self, named: Named) -> dict[str, Any]:
        """Differences to the recipe of reference and how much of the gap is closed, as JSON values."""
        reference = find_group(named, self.contrast, "contrast", plain) or next(iter(named))
        upper = find_group(named, self.supervised, "supervised", supervised)
        alike = {name: runs for name, runs in named.items() if _tested(runs[0]) == _tested(named[reference][0])}
        drawn = self.bootstrap({name: [_answers(run) for run in runs] for name, runs in alike.items()})
        others = [name for name in alike if name != reference]
        gaps = {
            name: gap_closed(drawn, name, reference, upper, self.bootstrap)
            for name in others
            if upper in others and name != upper
        }
        return {
            "reference": reference,
            "supervised": upper,
            "bootstrap": describe(self.bootstrap),
            "differences": {name: self._differences(drawn, name, reference) for name in others},
            "gap closed": {name: gap for name, gap in gaps.items() if gap},
            "other test data": [name for name in named if name not in alike],
        }

    def _differences(self, drawn: Mapping[str, Mapping[str, Drawn]], name: str, reference: str) -> dict[str, dict]:
        """By cell, in points."""
        found = {}
        for cell, of in drawn.items():
            low, high = self.bootstrap.interval(of[name].draws - of[reference].draws)
            difference = of[name].mean - of[reference].mean
            found[cell] = {"difference": difference, "low": low, "high": high, "samples": of[name].samples}
        return found

    def _published(self, runs: Sequence[Evaluated]) -> Sequence[Cited]:
        known = {run.numbers["data"].get("known as", "") for run in runs}
        name = self.published if self.published != "auto" else known.pop() if len(known) == 1 else ""
        return of_data(name)


def write_comparison(
    out: Path, runs: Sequence[Evaluated], named: Named, found: Mapping[str, Any], last: Sequence[Section]
) -> None:
    """Write the report and the numbers, and print the numbers."""
    numbers = numbers_of(named)
    tables = [table for section in (*sections_of(numbers), *last) for table in section.tables]
    content = {
        "groups": {name: [run.numbers["run"] for run in some] for name, some in named.items()},
        "spread": {table.title: table.spread() for table in tables},
        **found,
        "each": [run.numbers for run in runs],
    }
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / "comparison.json", as_json(content))
    write_atomically(out / "comparison.csv", tables_csv(tables).encode())
    said = f"Accuracies in percent; mean ± standard deviation over runs. {seeds_of(named)}"
    write_report(out, " and ".join(named), said, numbers, last=last)
    print(*(f"{len(runs)} runs · {line}" for table in tables if not table.long for line in table.lines()), sep="\n")
    print(f"{out / 'report.html'} shows mean and spread of {len(runs)} runs")


def _tested(run: Evaluated) -> str:
    return run.numbers["data"]["test"]["fingerprint"]


def _answers(run: Evaluated) -> tuple[int, dict[str, Outcome]]:
    """A run's seed, and what its trained encoder answered."""
    mine = {cell: one for cell, one in run.outcomes.items() if cell.split("/")[-1] == MEASURED}
    return run.numbers["recipe"]["seed"], mine
