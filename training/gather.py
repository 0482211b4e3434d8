"""Everybody's embeddings, with gradient: what makes N processes compute the loss of one.

And rows that change places for a while, so that those of one process are normalised among those of all.
"""

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
    if world() == 1:
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


def world() -> int:
    """How many processes there are; 1 outside distributed runs."""
    return dist.get_world_size() if dist.is_initialized() else 1


@torch.no_grad()
def deal(mine: Tensor) -> Tensor:
    """Deal everybody's rows out among the processes like cards: row i of all goes to process i modulo their number.

    Each process gets as many as it gave; of everybody's, where it gave at least as many as there are processes. MoCo
    draws a permutation, lest batch norms tell which key belongs to a query; this serves the same purpose and draws
    nothing, so there is no state to save. All processes must give equally many.
    """
    return gather(mine)[rank() :: world()].contiguous()  # lest a part keep the whole


@torch.no_grad()
def collect(dealt: Tensor) -> Tensor:
    """My own rows again, in their order, of those that ``deal`` dealt out."""
    rounds = gather(dealt).unflatten(0, (world(), -1)).transpose(0, 1).flatten(0, 1)
    return rounds.chunk(world())[rank()]
