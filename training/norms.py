"""Whose statistics normalise: those of a process's own part of the batch, of the global batch, or of no batch."""

from typing import Literal, TypeVar

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from training.batch_norms import replace_each
from training.synchronised import SyncedBatchNorm

Norm = Literal["batch", "synchronised", "group"]
SIZES = range(16, 7, -1)  # channels of a group, the best first

New = TypeVar("New", SyncedBatchNorm, nn.GroupNorm)


def normalise_by(module: nn.Module, norm: Norm) -> None:
    """Put another norm in the place of every batch norm below ``module``, in place; "batch" leaves them as they are.

    Affine parameters stay, and running statistics where the other norm has any.
    """
    if norm != "batch":
        make = _synchronised if norm == "synchronised" else _grouped
        replace_each(module, _BatchNorm, lambda old: _followed(make(old), [*old.children()]))


def _synchronised(old: _BatchNorm) -> SyncedBatchNorm:
    track = old.track_running_stats
    return _taken_over(old, SyncedBatchNorm(old.num_features, old.eps, old.momentum, False, track))


def _grouped(old: _BatchNorm) -> nn.GroupNorm:
    """All channels make one group where no size divides them."""
    size = next((size for size in SIZES if old.num_features % size == 0), old.num_features)
    return _taken_over(old, nn.GroupNorm(old.num_features // size, old.num_features, old.eps, affine=False))


def _taken_over(old: _BatchNorm, new: New) -> New:
    tensors = *old.named_parameters(recurse=False), *old.named_buffers(recurse=False)
    for name, tensor in tensors:
        if hasattr(new, name):  # a group norm has no running statistics
            setattr(new, name, tensor)
    new.affine = old.affine
    return new.train(old.training)


def _followed(norm: nn.Module, rest: list[nn.Module]) -> nn.Module:
    """Some batch norms of timm hold the activation that follows them."""
    return nn.Sequential(norm, *rest) if rest else norm
