"""A contest: the same work by several programs, each in a process and an environment of its own, taking turns.

Machines are noisy and grow slow or fast by the minute, so what counts are ratios within one round of turns.
"""

from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from shards.refusal import Refusal
from tools.benchmarks.report import refuse_few
from tools.benchmarks.running import Contestant, Result, Running


def hold(contestants: Sequence[Contestant], rounds: int, work: Path) -> list[Result]:
    """Let each contestant take its turn in each of ``rounds`` rounds, after one round that warms up."""
    refuse_few("rounds", rounds)
    running = [Running(contestant, work) for contestant in contestants]
    try:
        for child in running:
            child.start()
        for number in tqdm(range(rounds + 1), unit="round", dynamic_ncols=True):
            for child in running:
                child.turn(warm_up=not number)
    finally:
        for child in running:
            child.stop()
    return [child.result() for child in running]


def watch(contestant: Contestant, turns: int, work: Path) -> list[dict[str, float]]:
    """Memory, open files and threads of one program, and of all that it started, after each of so many turns."""
    running = Running(contestant, work)
    try:
        running.start()
        found = [running.family.held() for _ in range(turns) if running.turn(warm_up=False) or not running.failure]
    finally:
        running.stop()
    if running.failure:
        raise Refusal(f"{contestant.name} {running.failure}")
    return found
