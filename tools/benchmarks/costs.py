"""What steps cost beside a rival's: taken in turns and compared turn by turn, for machines grow slow by the minute."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from tqdm import tqdm

from pipelines.batch import Batch
from tools.benchmarks.contenders import PLAIN, Contender
from training.floor import WARM_UP
from training.step import Begun


class Steps:
    """A contender's run, begun and warm; a call is the loop's own step at the run's end, when all rules are at work."""

    def __init__(self, contender: Contender, begun: Begun, batch: Batch):
        self.take_step, self.batch, self.last = begun.take_step, batch, contender.run.steps
        for _ in range(WARM_UP):
            self()

    def __call__(self) -> float:
        """Returns: CPU seconds of all threads, or seconds if the batch lies on a GPU."""
        start = self._now()
        self.take_step(self.batch, self.last)
        return self._now() - start

    def _now(self) -> float:
        if not self.batch.ids.is_cuda:
            return time.process_time()
        torch.cuda.synchronize()
        return time.perf_counter()


def costs(
    contenders: Sequence[Contender], steps: Mapping[str, Callable[[], float]], rounds: int
) -> list[dict[str, Any]]:
    """Figures of each contender. In each of its turns plain SimCLR goes first, then its rival, then itself."""
    turns: dict[str, list[dict[str, float]]] = {contender.name: [] for contender in contenders}
    for _ in tqdm(range(rounds), unit="round", dynamic_ncols=True):
        for contender in contenders:
            beside = dict.fromkeys((PLAIN, contender.rival, contender.name))
            turns[contender.name].append({name: steps[name]() for name in beside})
    return [_figures(contender, turns[contender.name]) for contender in contenders]


def _figures(contender: Contender, turns: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    own, rival = contender.name, contender.rival
    each = {name: sorted(turn[own] / turn[name] for turn in turns) for name in (PLAIN, rival)}
    return {
        "name": own, "milliseconds": 1e3 * statistics.median(turn[own] for turn in turns), "rounds": len(turns),
        "of simclr": statistics.median(each[PLAIN]), "each of simclr": each[PLAIN],
        "rival": rival, "of rival": statistics.median(each[rival]), "each of rival": each[rival],
        "at most": contender.most,
    }  # fmt: skip


def table(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Lines of text, one for each contender."""
    width = max(len(row["name"]) for row in rows) + 2
    lines = [title, f"{'':{width}}{'ms':>7}  steps of plain SimCLR (least to most)"]
    for row in rows:
        if "failure" in row:
            lines.append(f"{row['name']:{width}}did not run: {row['failure']}")
            continue
        line = f"{row['name']:{width}}{row['milliseconds']:7.1f}  {_span(row, 'simclr')}"
        if row["rival"] != PLAIN:
            line += f"; {_span(row, 'rival')} of {row['rival']}"
        if row["at most"]:
            line += f"; at most {row['at most']:g}: {'held' if row['of rival'] <= row['at most'] else 'MISSED'}"
        lines.append(line)
    return "\n".join(lines)


def _span(row: Mapping[str, Any], rival: str) -> str:
    each = row[f"each of {rival}"]
    return f"{row[f'of {rival}']:.2f} ({each[0]:.2f} to {each[-1]:.2f})"
