"""A source that takes its time, and a script that makes shards of it, to be killed: slow.py OUT JOBS [TASK OF]."""

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shards.make import Task, make_split
from shards.plan import Plan
from shards.refusal import one_sentence
from shards.sample import Sample
from shards.sources.listing import Listing
from shards.target import Local
from tests.shards.conftest import picture

SAMPLES, PER_SHARD = 24, 3


@dataclass(frozen=True)
class Slow:
    """Pictures, a few to the second."""

    seconds: float = 0.0
    """For each sample."""

    def splits(self) -> Mapping[str, Listing]:
        return {"train": Listing("image", {"label": ("a", "b")}, range(SAMPLES))}

    def samples(self, item: int) -> Iterator[Sample]:
        time.sleep(self.seconds)
        yield Sample(f"p{item}", {"jpg": picture(item % 20)}, item % 2)  # the last four are there twice


def plan(seconds: float = 0.0, dedupe: bool = False) -> Plan:
    return Plan(Slow(seconds), Slow().splits()["train"], PER_SHARD, dedupe=dedupe)


if __name__ == "__main__":
    out, jobs, *task = sys.argv[1:]
    with one_sentence():
        for done in make_split(plan(0.05), Local(Path(out)), int(jobs), task=Task(*map(int, task))):
            print(done.items, done.earlier, flush=True)
