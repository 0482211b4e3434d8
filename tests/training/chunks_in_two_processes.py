"""Run by gather_in_two_processes: chunks under DDP, beside one process that sees the whole batch."""

from dataclasses import replace

import torch
import torch.distributed as dist
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook
from torch.nn.parallel import DistributedDataParallel

from tests.training.batches import batch, build
from training.attacks import CLAE
from training.methods import SimCLR
from training.norms import Norm, normalise_by

SENT = []


def counted(group, bucket):
    SENT.append(bucket.index())
    return allreduce_hook(group, bucket)


def step(norm: Norm, chunk: int, here: slice, wrapped: bool = False) -> list[torch.Tensor]:
    """Gradients of a step with an attack, and what it left in the buffers."""
    module = build(SimCLR())
    normalise_by(module, norm)
    CLAE().prepare(module)
    module.encoder.chunk = chunk
    whole = batch(8)
    views = tuple(view[here] for view in whole.views)
    part = replace(whole, views=views, ids=whole.ids[here], labels=None, negatives=whole.negatives[here])
    outer = DistributedDataParallel(module) if wrapped else module
    if isinstance(outer, DistributedDataParallel):
        outer.register_comm_hook(None, counted)
    outer(part, CLAE()(module, part)).loss.backward()
    return [p.grad for p in module.parameters() if p.grad is not None] + list(module.buffers())


def chunked_alone() -> dict[tuple[Norm, int], list[torch.Tensor]]:
    """Of one process, by norm and the chunk that each of two is to make.

    Of both views of 4 samples each process makes chunks of view 0 and of view 1; alone a process does so of 8.
    """
    return {("group", 3): step("group", 0, slice(None)), ("synchronised", 4): step("synchronised", 8, slice(None))}


def check_chunks(alone: dict[tuple[Norm, int], list[torch.Tensor]]) -> None:
    mine = slice(dist.get_rank() * 4, dist.get_rank() * 4 + 4)
    for (norm, chunk), expected in alone.items():
        SENT.clear()
        found = step(norm, chunk, mine, wrapped=True)
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-13)
        print(f"{norm}: same gradient and buffers, buckets sent {SENT}")
