"""Contest after contest: each is printed and saved as soon as it is over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.benchmarks.contest import hold, watch
from tools.benchmarks.report import figures, save, table
from tools.benchmarks.running import Contestant

EPOCHS = 12  # turns, each of at least one epoch, after which memory and open files are compared


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
    contests: Iterable[tuple[str, Sequence[Contestant]]],
    unit: str,
    course: Course,
    facts: Mapping[str, Any],
    watched: Contestant,
) -> None:
    """Hold the contests, each a title and who takes part, then watch what one of them holds over ten epochs and more.

    Args:
        unit: What is counted.
        facts: What else belongs into the file of figures.
    """  # fmt: skip
    done: dict[str, Any] = {}
    for title, contestants in contests:
        done[title] = (unit, figures(hold(contestants, course.rounds, course.work.absolute()), unit))
        print(table(title, done[title][1], unit), end="\n\n", flush=True)
        save(course.json, done, facts)
    held = watch(watched, EPOCHS, course.work.absolute())
    save(course.json, done, {**facts, "held after each turn": held})
    spans = ", ".join(f"{what} {held[2][what]:.0f} and {held[-1][what]:.0f}" for what in held[0])
    print(f"{watched.name}, after turns 3 and {EPOCHS}: {spans}")
    print(f"All figures: {course.json}, a plot: {course.json.with_suffix('.png')}")
