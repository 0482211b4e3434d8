"""What losses alone take, on random embeddings: pairs grow with the square of the batch, while pixels do not."""

import json
import statistics
import tempfile
import time
from collections.abc import Iterable, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch.profiler import ProfilerActivity, profile

from pipelines.batch import Batch
from tools.benchmarks.contenders import CLASSES, Contender
from training.false_negatives import KeepAll
from training.false_negatives.suspects import Samples
from training.methods.moco import MoCoModule


class Loss:
    """A contender's loss of two views, with its rule at work; a call is one pass forward and one back."""

    def __init__(self, contender: Contender):
        count = contender.run.loader.batch
        self.rule = contender.run.false_negatives
        self.method: Any = contender.run.build(count)
        nothing, ids = torch.empty(count, 1, 3, 0, 0), torch.arange(count)
        self.batch = Batch((nothing, nothing), nothing[:, None][:, :0], ids, ids % CLASSES)
        draw = torch.Generator().manual_seed(0)
        pair = F.normalize(torch.randn(2, count, self.method.head[-1].out_features, generator=draw), dim=2)
        self.anchors, self.embeddings = pair[0], pair[1].requires_grad_()
        self.anchors.requires_grad_(not isinstance(self.method, MoCoModule))  # its keys have no gradient

    def __call__(self) -> float:
        """Returns: CPU seconds of all threads."""
        start, suspects = time.process_time(), None
        if not isinstance(self.rule, KeepAll):
            mine = Samples(torch.stack([self.anchors, self.embeddings], 1), self.batch.ids, self.batch.labels)
            suspects, _ = self.method.detector(mine, mine, progress=1.0)
        self.method.against(self.anchors, self.embeddings, self.batch, suspects).backward()
        return time.process_time() - start

    def peak(self) -> int:
        """How many bytes a call adds to those that are held, at most."""
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
            self()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "trace.json")
            profiler.export_chrome_trace(str(file))
            events = json.loads(file.read_text())["traceEvents"]
        sizes = sorted((event["ts"], event["args"]["Bytes"]) for event in events if event["name"] == "[memory]")
        return max(accumulate(size for _, size in sizes))


def losses(contenders: Iterable[Contender], rounds: int) -> list[dict[str, Any]]:
    """Figures of each contender that has a loss of pairs of its own."""
    return [_figures(contender, rounds) for contender in contenders if contender.changes_pairs]


def _figures(contender: Contender, rounds: int) -> dict[str, Any]:
    loss = Loss(contender)
    loss()  # gradients are allocated once
    seconds, peak = [loss() for _ in range(rounds)], loss.peak()
    return {
        "name": contender.name, "milliseconds": 1e3 * statistics.median(seconds), "megabytes": peak / 1e6,
        "matrices": peak / (4 * (2 * contender.run.loader.batch) ** 2),
    }  # fmt: skip


def table(title: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """Lines of text, one for each loss."""
    rows = list(rows)
    width = max(len(row["name"]) for row in rows) + 2
    lines = [title, f"{'':{width}}{'ms':>7}{'MB':>7}  as many floats as matrices of 2N x 2N"]
    lines += [
        f"{row['name']:{width}}{row['milliseconds']:7.1f}{row['megabytes']:7.1f}  {row['matrices']:.1f}" for row in rows
    ]
    return "\n".join(lines)
