"""The data-free floor: how long a training step takes when its batch is already there."""

import statistics
import time
from collections.abc import Callable

import torch
from torch import nn

from pipelines.batch import Batch

WARM_UP = 2  # steps that are not timed: memory is being allocated, kernels chosen


def seconds_without_data(
    step: Callable[[Batch], object], batch: Batch, method: nn.Module, optimizer: torch.optim.Optimizer, steps: int
) -> float:
    """Median seconds of ``steps`` training steps on one cached batch; method and optimizer end as they began."""
    before = {name: tensor.clone() for name, tensor in method.state_dict().items()}
    seconds = []
    for _ in range(WARM_UP + steps):
        start = time.perf_counter()
        step(batch)
        if batch.ids.is_cuda:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    method.load_state_dict(before)
    optimizer.state.clear()
    return statistics.median(seconds[WARM_UP:])
