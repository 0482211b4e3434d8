"""Compare evaluated runs: ``python tools/compare_runs.py RUN RUN … [--contrast NAME] [--supervised NAME]``.

Runs of one recipe are a group: mean and standard deviation over its seeds. Says how each group differs from plain
contrast, with an interval, how much of the gap to supervised training it closes, and what others have published. Writes
report.html, report.md, comparison.json, comparison.csv and plots/ into --out.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro
from tyro.conf import Positional

from shards.refusal import Refusal, one_sentence
from training.comparison import Comparison


@dataclass(frozen=True)
class CompareRuns:
    """Nothing is measured: all is read from what training/evaluate.py has left in the runs' folders."""

    runs: Positional[tuple[Path, ...]]
    """Folders of runs that were evaluated."""
    out: Path | None = None
    """Folder of the report; "comparison" beside the first run unless given."""
    comparison: Annotated[Comparison, tyro.conf.arg(name="")] = field(default_factory=Comparison)

    def __call__(self) -> None:
        if not self.runs:
            raise Refusal("name the folders of runs that training/evaluate.py has measured")
        self.comparison(self.out or self.runs[0].absolute().parent / "comparison", self.runs)


if __name__ == "__main__":
    with one_sentence():
        tyro.cli(CompareRuns, description=__doc__)()
