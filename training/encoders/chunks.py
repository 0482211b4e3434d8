"""Batches larger than the device: a network sees them in chunks, and each chunk once more on the way back.

Heads and losses still get the features of the whole batch. What lies between is forgotten after each chunk and computed
again when its gradient is asked for: memory is that of one chunk, for one more pass forward.
"""

# torch exports its operations on many tensors to its optimizers only
# pyright: reportPrivateImportUsage=false

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

Features = Float[Tensor, "b d"]
Views = Float[Tensor, "b t c h w"]
MODES = (
    "training",
    "track_running_stats",
    "chosen",
)  # what training/modes.py and training/batch_norms.py set for a while


def in_chunks(see: Callable[[Views], Features], network: nn.Module, views: Views, size: int) -> Features:
    """``see(views)``, at most ``size`` samples at a time, in chunks that differ by one sample at most.

    Batch norms in training mode normalise each chunk by itself (ghost batch norm). Their running statistics move once:
    each chunk starts from the same ones, and what stays is the mean, over samples, of what the chunks made of them.

    Args:
        see: From clips to features, through ``network`` and nothing else that learns.
    """
    learns = views.requires_grad or any(parameter.requires_grad for parameter in network.parameters())
    if torch.is_grad_enabled() and learns:
        see = partial(checkpoint, see, use_reentrant=False, context_fn=lambda: (nullcontext(), Again(network)))
    parts, moving = views.tensor_split(-(-len(views) // size)), [*running_statistics(network)]
    if not moving:
        return torch.cat([see(part) for part in parts])
    features, before = [], [tensor.clone() for tensor in moving]
    moved = [torch.zeros_like(tensor, dtype=torch.double) for tensor in moving]
    for part in parts:
        features.append(see(part))
        torch._foreach_add_(moved, torch._foreach_sub(moving, before), alpha=len(part))
        _put(moving, before)
    torch._foreach_div_(moved, len(views))  # counts of passes become whole again
    _put(moving, torch._foreach_add(moved, before))
    return torch.cat(features)


class Again:
    """While a chunk is computed again: the modes of its first time, which may have ended; statistics stay as they are.

    May be entered any number of times: each ``autograd.grad`` with ``retain_graph`` computes anew.
    """

    def __init__(self, network: nn.Module):
        self.network = network
        self.modes = [
            (part, name, vars(part)[name]) for part in network.modules() for name in MODES if name in vars(part)
        ]

    def __enter__(self) -> None:
        self.modes_before = [(part, name, getattr(part, name)) for part, name, _ in self.modes]
        _set(self.modes)
        self.moving = [*running_statistics(self.network)]
        self.before = [tensor.clone() for tensor in self.moving]

    def __exit__(self, *error: object) -> None:
        _put(self.moving, self.before)
        _set(self.modes_before)


def running_statistics(network: nn.Module) -> Iterator[Tensor]:
    """What a pass through the network would move."""
    for norm in network.modules():
        if isinstance(norm, _BatchNorm) and norm.training and norm.track_running_stats:
            yield from norm.buffers(recurse=False)


def _put(tensors: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    """All at once, for there are three of every batch norm."""
    if tensors:  # .data: a graph that saved them shall not take this for a change of their values
        torch._foreach_copy_([tensor.data for tensor in tensors], list(values))


def _set(modes: Sequence[tuple[nn.Module, str, object]]) -> None:
    for part, name, value in modes:
        if getattr(part, name) != value:  # setting what is set already would cost a compiled network its guards
            setattr(part, name, value)
