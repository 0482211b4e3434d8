"""Steps, views and JPEGs at full size on a GPU: what docs/gpu.md says of its speed."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from shards.refusal import Refusal
from tools.benchmarks.gpu_jpegs import jpegs
from tools.benchmarks.gpu_steps import steps
from tools.benchmarks.gpu_views import views
from tools.benchmarks.report import machine, refuse_few, write
from tools.benchmarks.timed import Job, header, line, rows_of

LEAST = 7  # rounds: a GPU's clock moves within a second
Part = Literal["steps", "views", "jpegs"]
PARTS: dict[Part, Callable[[int], list[Job]]] = {"steps": steps, "views": views, "jpegs": jpegs}


@dataclass(frozen=True)
class Gpu:
    """Training steps at full size, views and patches, JPEGs a second, on a GPU. What fails says why, the rest goes on.

    Milliseconds until the GPU is done: median, least and most; and how long of these the one who asks is kept asking.
    """

    parts: tuple[Part, ...] = ("steps", "views", "jpegs")
    """Steps take minutes, mostly torch.compile's; views and jpegs seconds."""
    rounds: int = LEAST
    """How often each is timed, after three times that warm up."""
    json: Path = Path(".benchmark/gpu.json")

    def __call__(self) -> None:
        refuse_few("rounds", self.rounds, LEAST)
        if not torch.cuda.is_available():
            raise Refusal(
                "not run: torch.cuda.is_available() is false, and all it times is a GPU's; "
                "run it where torch sees one (docs/gpu.md)"
            )
        device = {"gpu": torch.cuda.get_device_name(), "driver": driver(), "torch": torch.__version__}
        print(f"{device['gpu']}, driver {device['driver']}, torch {device['torch']}")
        found: dict[str, Any] = {"machine": {**machine(), **device}}
        write(self.json, found)  # should that not be possible, no minutes are lost
        for part in self.parts:
            jobs, rows = PARTS[part](self.rounds), []
            width = max(len(job.name) for job in jobs) + 2
            print("\n" + header(part, width), flush=True)
            for row in rows_of(jobs):
                rows.append(row)
                print(line(row, width), flush=True)
                write(self.json, {**found, part: rows})
            found[part] = rows
        print(f"\nAll figures: {self.json}")


def driver() -> str:
    """The version of the GPU's driver, as its own tool says it: torch does not know."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return said.partition("\n")[0].strip() or "unknown"
