"""How long a run waits for its first batch: at its start, and after ``--resume`` deep in it."""

import os
import statistics
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.place import Place
from shards.order import permutation
from tools.benchmarks.report import machine, refuse_few, write
from training.recipes import find_recipe

IMAGENET = 1_281_167  # images of its training split


@dataclass(frozen=True)
class Resume:
    """Seconds from opening the loader of a recipe to its first batch, at step 0 and at a late one, in turns.

    Starting the process and importing are left out. Beside it, what the order of an epoch of ImageNet costs: a batch
    that straddles two epochs needs two.
    """

    recipe: str = "simclr-synthetic"
    shards: Path | None = None
    """The data set, if not the one that the recipe names."""
    step: int = 1_000_000
    repeats: int = 11
    json: Path = Path(".benchmark/resume.json")

    def __call__(self) -> None:
        refuse_few("repeats", self.repeats)
        seconds: dict[int, list[float]] = {0: [], self.step: []}
        for _ in range(self.repeats + 1):  # the first compiles
            for step, found in seconds.items():
                found.append(self._first_batch(step))
        orders = [_seconds_of(epoch) for epoch in range(self.repeats)]
        late = [after - start for start, after in zip(*(found[1:] for found in seconds.values()), strict=True)]
        figures = {
            "seconds to the first batch": {str(step): found[1:] for step, found in seconds.items()},
            "later by": late, "order of 1,281,167 samples": orders,
        }  # fmt: skip
        for step, found in seconds.items():
            print(f"first batch at step {step}: {statistics.median(found[1:]):.3f} s, n = {self.repeats}")
        print(f"later by {statistics.median(late):.3f} s ({min(late):.3f} to {max(late):.3f}); at most 0.2")
        print(
            f"order of {IMAGENET} samples: {statistics.median(orders):.3f} s ({min(orders):.3f} to {max(orders):.3f})"
        )
        write(self.json, {"machine": machine(), **figures})

    def _first_batch(self, step: int) -> float:
        loader, place = find_recipe(self.recipe).loader, Place(threads=len(os.sched_getaffinity(0)))
        loader = loader if self.shards is None else replace(loader, shards=self.shards)
        start = time.perf_counter()
        with closing(loader.open(place, 0, step)) as batches:
            next(batches)
            return time.perf_counter() - start


def _seconds_of(epoch: int) -> float:
    start = time.perf_counter()
    permutation(IMAGENET, 0, epoch)
    return time.perf_counter() - start
