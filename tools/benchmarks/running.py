"""A contestant's process: started in its environment, told when it is its turn, measured with all that it starts."""

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from tools.benchmarks.environments import python_with
from tools.benchmarks.family import Family

PEERS = Path(__file__).parent / "peers"


class Turn(NamedTuple):
    """What one program did when it was its turn."""

    items: int
    wall: float
    """Seconds until the last item was there and the program rested: it begins and ends with as much read ahead."""
    cpu: float
    """CPU seconds of the program and all its processes meanwhile."""


@dataclass(frozen=True)
class Contestant:
    """One program of a contest."""

    name: str
    program: str
    """File name in ``tools/benchmarks/peers``."""
    task: Mapping[str, Any]
    """What it is told, as JSON."""
    requirements: tuple[str, ...] = ()
    """What must be installed for it and is no package of ours."""
    rival: str | None = None
    """Whom the issue of speed is with …"""
    least: float = 0.0
    """… and at least how many times as much it is to do per CPU-second."""


@dataclass(frozen=True)
class Result:
    """All turns of a contestant, or why there are none."""

    contestant: Contestant
    turns: Sequence[Turn] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    pixels: int = 0
    """Sum of all pixels of the turn that warmed up: equal sums, equal pixels."""
    failure: str = ""


class Running:
    """A contestant's process. One that fails is out of the contest and says why; the others go on."""

    def __init__(self, contestant: Contestant, work: Path):
        self.contestant, self.work = contestant, work
        self.log = work / f"{contestant.name.replace('/', ' ')}.log"
        self.turns: list[Turn] = []
        self.versions: dict[str, str] = {}
        self.pixels, self.failure = 0, ""
        self.process: Any = None

    def start(self) -> None:
        """Install what it needs, start it, and wait until it is prepared."""
        try:
            python = python_with(self.contestant.requirements, self.work)
        except subprocess.CalledProcessError as error:
            self.failure = f"cannot be installed: {_last_line(error.stderr)}"
            return
        command = [str(python), str(PEERS / self.contestant.program), json.dumps(self.contestant.task)]
        with self.log.open("w") as log:
            self.process = psutil.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, bufsize=1
            )
        self.family = Family(self.process)
        self.versions = self._answer() or {}

    def turn(self, warm_up: bool) -> None:
        if self.process is None or self.failure:
            return
        before, start = self.family.cpu(), time.perf_counter()
        self.process.stdin.write(json.dumps(warm_up) + "\n")
        answer = self._answer()
        if answer is None:
            return
        cpu, end = self.family.at_rest()
        turn = Turn(answer[0], end - start, cpu - before)
        if warm_up:
            self.pixels = answer[1]
        else:
            self.turns.append(turn)

    def stop(self) -> None:
        """End it and whatever it started."""
        if self.process is None:
            return
        self.process.stdin.close()
        self.family.end()
        self.process.wait()
        self.process.stdout.close()

    def result(self) -> Result:
        turns = () if self.failure else tuple(self.turns)
        return Result(self.contestant, turns, self.versions, self.pixels, self.failure)

    def _answer(self) -> Any:
        line = self.process.stdout.readline()
        if not line:
            self.failure = f"did not run: {_last_line(self.log.read_text())} (all of it: {self.log})"
            return None
        return json.loads(line)


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2] or "it said nothing"
