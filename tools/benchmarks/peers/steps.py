"""What every road to a step is asked to do: SimCLR with a small 3-D ResNet, the same weights, crops and views."""

from collections.abc import Callable

import torch

from pipelines.batch import Batch
from training.encoders import NarrowResNet3D
from training.methods import SimCLR
from training.optimizers import SGD
from training.processes import keep_memory


def open_step(task: dict) -> Callable[[Batch], None]:
    """A function that trains on one batch."""
    keep_memory()
    torch.set_num_threads(task["threads"])
    torch.manual_seed(0)
    method = SimCLR().build(NarrowResNet3D(width=task["width"]).build())
    optimizer = SGD().build(method)
    half = torch.autocast("cpu", torch.bfloat16, enabled=task["precision"] == "bf16")

    def step(batch: Batch) -> None:
        with half:
            loss = method(batch).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return step
