"""Run by gather_in_two_processes: which samples each process is given, at every step of two epochs."""

from pathlib import Path

import torch.distributed as dist
from accelerate import Accelerator

from pipelines.loader import Loader
from training.processes import settle


def ids_of(shards: Path, steps: int) -> list[list[list[int]]]:
    """By process and step: ids."""
    stream = Loader(shards, batch=8, side=16).open(settle(Accelerator(cpu=True)), seed=5)
    ids = [next(stream).ids.tolist() for _ in range(steps)]
    stream.close()
    everybodys: list = [None] * dist.get_world_size()
    dist.all_gather_object(everybodys, ids)
    return everybodys
