"""The data-free floor: how long a training step takes when its batch is already there and nothing is being decoded."""

import statistics
import time
from collections.abc import Callable
from contextlib import closing
from typing import NamedTuple

import torch
from torch import nn

from pipelines.batch import Batch
from pipelines.loader import Place
from training.run import Pretrain

WARM_UP = 2  # steps that are not timed: memory is being allocated, kernels chosen


class Floor(NamedTuple):
    """A step without data."""

    seconds: float
    cpu_seconds: float
    """Of all threads of this process."""


def step_without_data(
    run: Pretrain,
    place: Place,
    take_step: Callable[[Batch, int], object],
    method: nn.Module,
    optimizer: torch.optim.Optimizer,
) -> Floor | None:
    """Medians of ``run.floor_steps`` steps on one cached batch, or ``None`` if none are asked for.

    The method ends as it began, and the optimizer without a state.
    """
    if not run.floor_steps:
        return None
    with closing(run.open(place)) as batches:
        batch = next(batches)  # closing ends the thread that decodes ahead
    before = {name: tensor.clone() for name, tensor in method.state_dict().items()}
    steps = []
    for _ in range(WARM_UP + run.floor_steps):
        start, cpu_start = time.perf_counter(), time.process_time()
        take_step(batch, run.steps)  # at the end: with all rules at work, and at a learning rate of zero
        if batch.ids.is_cuda:
            torch.cuda.synchronize()
        steps.append((time.perf_counter() - start, time.process_time() - cpu_start))
    method.load_state_dict(before)
    optimizer.state.clear()
    return Floor(*map(statistics.median, zip(*steps[WARM_UP:], strict=True)))
