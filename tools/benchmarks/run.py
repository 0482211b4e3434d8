"""Contest after contest: each is printed and saved as soon as it is over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.benchmarks.contest import Contestant, hold
from tools.benchmarks.report import figures, save, table


@dataclass(frozen=True, kw_only=True)
class Course:
    """What all contests have in common."""

    rounds: int = 7
    """Turns of each contestant; the median counts."""
    work: Path = field(default=Path(".benchmark"))
    """Folder for data, environments and what peers write; kept, so that the next run starts sooner."""
    json: Path
    """A file for all figures; a plot is put beside it."""


def run_all(
    contests: Iterable[tuple[str, Sequence[Contestant]]], unit: str, course: Course, facts: Mapping[str, Any]
) -> None:
    """Hold the contests, each a title and who takes part; ``unit`` is what is counted."""
    done: dict[str, Any] = {}
    for title, contestants in contests:
        done[title] = (unit, figures(hold(contestants, course.rounds, course.work.absolute()), unit))
        print(table(title, done[title][1], unit), end="\n\n", flush=True)
        save(course.json, done, facts)
    print(f"All figures: {course.json}, a plot: {course.json.with_suffix('.png')}")
