"""How long a corruption takes, beside the library imagecorruptions-imaug, one core each."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from pipelines.corruptions import EXTRA, STANDARD
from pipelines.corruptions.corruption import SEVERITIES, Corruption
from pipelines.corruptions.optional import require
from tools.benchmarks.report import machine, refuse_few, write


class Cost(NamedTuple):
    """Milliseconds per picture."""

    cpu: float
    """Of all threads."""
    wall: float


BOTH = [one for one in STANDARD + EXTRA if one.name != "frost"]  # the library fails to read its pictures of frost


@dataclass(frozen=True)
class Corruptions:
    """Corrupt generated pictures at all five severities: milliseconds per picture, ours and the library's in turns.

    Ours has torch's one thread, so that CPU time is that of one core. The library's constants are those of large
    pictures at every size.
    """

    sides: tuple[int, ...] = (32, 224)
    """Pixels."""
    repeats: int = 5
    """Turns of each; medians are printed."""
    json: Path = Path(".benchmark/corruptions.json")
    """A file for all figures."""

    def __call__(self) -> None:
        refuse_few("repeats", self.repeats)
        require("this benchmark")
        torch.set_num_threads(1)
        found = {str(side): self._of(side) for side in self.sides}
        write(self.json, {"machine": machine(), "milliseconds": found})

    def _of(self, side: int) -> dict[str, dict[str, list[Cost]]]:
        """Turns of every corruption at a side, and a line of text for each."""
        clips = _pictures(max(4096 // side**2, 1) * 4, side)
        print(f"{side} pixels, ms per picture, CPU (on the clock): antipodal, imagecorruptions-imaug, ratio")
        found = {}
        for corruption in BOTH:
            sides = {"antipodal": _ours(corruption, clips), "imagecorruptions-imaug": _library(corruption.name, clips)}
            turns: dict[str, list[Cost]] = {name: [] for name in sides}
            for number in range(self.repeats + 1):
                for name, act in sides.items():
                    cost = _timed(act, len(clips) * len(SEVERITIES))
                    turns[name] += [cost] if number else []  # the first turn compiles and reads files
            found[corruption.name] = turns
            print(f"{corruption.name:20}{_line(turns)}", flush=True)
        names = [one.name for one in BOTH if one in STANDARD]
        means = {
            who: [_mean([found[name][who][turn] for name in names]) for turn in range(self.repeats)]
            for who in ("antipodal", "imagecorruptions-imaug")
        }
        print(f"{'mean of the fourteen':20}{_line(means)}", flush=True)
        return found


def _pictures(count: int, side: int) -> torch.Tensor:
    draws = np.random.default_rng(0)
    small = draws.integers(0, 256, (count, side // 8, side // 8, 3), np.uint8)
    soft = np.stack([np.asarray(Image.fromarray(one).resize((side, side), Image.Resampling.BICUBIC)) for one in small])
    return torch.from_numpy(soft).permute(0, 3, 1, 2)[:, None]


def _ours(corruption: Corruption, clips: torch.Tensor) -> Callable[[], None]:
    def act() -> None:
        for severity in SEVERITIES:
            corruption(clips, np.arange(len(clips)), severity)

    return act


def _library(name: str, clips: torch.Tensor) -> Callable[[], None]:
    from imagecorruptions import corrupt  # with the optional dependency

    pictures = list(clips[:, 0].permute(0, 2, 3, 1).contiguous().numpy())

    def act() -> None:
        for severity in SEVERITIES:
            for picture in pictures:
                corrupt(picture, corruption_name=name, severity=severity)

    return act


def _timed(act: Callable[[], None], pictures: int) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    return Cost(1e3 * (time.process_time() - cpu) / pictures, 1e3 * (time.perf_counter() - wall) / pictures)


def _mean(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.mean(values) for values in zip(*costs, strict=True)))


def _line(turns: dict[str, list[Cost]]) -> str:
    ours, theirs = turns.values()
    ratios = sorted(b.cpu / a.cpu for a, b in zip(ours, theirs, strict=True))
    said = [
        f"{statistics.median(c.cpu for c in costs):9.3f} ({statistics.median(c.wall for c in costs):.3f})"
        for costs in (ours, theirs)
    ]
    return f"{said[0]:22}{said[1]:22}{statistics.median(ratios):7.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})"
