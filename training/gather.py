"""Everybody's embeddings, with gradient: what makes N processes compute the loss of one."""

import torch
import torch.distributed as dist
from torch import Tensor


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx, mine: Tensor) -> Tensor:
        parts = [torch.empty_like(mine) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, mine.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx, *slopes: Tensor) -> Tensor:
        # my part appears in every process's loss: add up all their slopes. DDP then divides by the number of processes,
        # which turns the sum of the processes' mean losses into the mean over the global batch.
        slope = slopes[0].contiguous()
        dist.all_reduce(slope)
        return slope.chunk(dist.get_world_size())[dist.get_rank()]


def gather(mine: Tensor) -> Tensor:
    """Every process's rows in order of rank; the gradient flows back to each. Alone, a process gets its own rows."""
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return mine
    return _Gather.apply(mine)


def from_first(mine: Tensor) -> Tensor:
    """Process 0's values, on every process."""
    values = mine.clone()
    if dist.is_initialized():
        dist.broadcast(values, src=0)
    return values


def rank() -> int:
    """This process's number; 0 outside distributed runs."""
    return dist.get_rank() if dist.is_initialized() else 0
