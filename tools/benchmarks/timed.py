"""Work that a GPU is asked for, timed until it is done: a row of figures for each kind of work."""

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import torch

from shards.refusal import reason_of

WARM_UP = 3  # times that are not counted: memory is being allocated, kernels are chosen or compiled
T = TypeVar("T")
Row = dict[str, Any]


class Job(NamedTuple):
    """One kind of work."""

    name: str
    measure: Callable[[], Row]
    """Prepares it, times it, and returns its figures, or a ``note`` where it has none."""


def rows_of(jobs: Iterable[Job]) -> Iterator[Row]:
    """The figures of each job, or why there are none: the rest goes on. Each begins with an empty GPU."""
    for job in jobs:
        gc.collect()
        torch.cuda.empty_cache()
        try:
            yield {"name": job.name, **job.measure()}
        except Exception as error:
            yield {"name": job.name, "failure": reason_of(error)}


def timed(act: Callable[[], T], rounds: int, items: int) -> tuple[Row, T]:
    """Figures of ``act``, which does ``items`` at a time, and what it returned at last."""
    start = time.perf_counter()
    for _ in range(WARM_UP - 1):
        act()
    last = act()
    torch.cuda.synchronize()
    first, asked, done = time.perf_counter() - start, [], []
    for _ in range(rounds):
        start = time.perf_counter()
        last = act()
        asked.append(time.perf_counter() - start)
        torch.cuda.synchronize()
        done.append(time.perf_counter() - start)
    return figures(done, asked, first, items), last


def figures(done: Sequence[float], asked: Sequence[float], first: float, items: int) -> Row:
    """Figures of so many rounds.

    Args:
        done: Seconds until the GPU was done, and …
        asked: … until it had been asked, and whoever asks was free again.
        first: Seconds of the rounds that warmed up.
    """
    median = statistics.median(done)
    return {
        "milliseconds": 1e3 * median, "each": sorted(1e3 * seconds for seconds in done),
        "asking": 1e3 * statistics.median(asked), "per second": items / median, "seconds of the first three": first,
    }  # fmt: skip


def header(title: str, width: int) -> str:
    return f"{title:{width}}{'ms':>8}  {'(least to most)':20}{'asking':>8}{'per second':>12}{'first three, s':>16}"


def line(row: Row, width: int) -> str:
    """A row as text."""
    if "failure" in row:
        return f"{row['name']:{width}}did not run: {row['failure']}"
    if "note" in row:
        return f"{row['name']:{width}}{row['note']}"
    span = f"({row['each'][0]:.1f} to {row['each'][-1]:.1f})"
    text = f"{row['name']:{width}}{row['milliseconds']:8.1f}  {span:20}{row['asking']:8.1f}{row['per second']:12.0f}"
    more = ", ".join(f"{what} {value:.5g}" for what, value in row.get("more", {}).items())
    return f"{text}{row['seconds of the first three']:16.1f}  {more}".rstrip()
