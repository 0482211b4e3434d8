"""Batch norm, where passes must leave no trace, and where two kinds of input must not share their statistics.

Adversarial views have other statistics than clean ones. AdvProp's remedy, which CLAE's official code takes over, is a
second batch norm beside every first one: same place, statistics and affine parameters of its own.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

Branch = Literal["clean", "adversarial", "labelled"]
"""Which views: clean ones, attacked ones, or, for AdvCL, those attacked by way of pseudo-labels."""


class BranchedBatchNorm(nn.Module):
    """Several batch norms in one place; ``chosen`` says which one normalises."""

    def __init__(self, norm: _BatchNorm, momentum: float, further: tuple[Branch, ...]):
        super().__init__()
        self.clean = norm
        for branch in further:
            setattr(self, branch, copy.deepcopy(norm))
            getattr(self, branch).momentum = momentum
        self.chosen: Branch = "clean"

    def forward(self, features: Tensor) -> Tensor:
        return getattr(self, self.chosen)(features)


def convert(module: nn.Module, momentum: float, further: tuple[Branch, ...] = ("adversarial",)) -> None:
    """Put further batch norms beside every one below ``module``, in place.

    Args:
        momentum: How far a step moves the further branches' running statistics; the clean branch keeps its own.
    """
    replace_each(module, _BatchNorm, lambda norm: BranchedBatchNorm(norm, momentum, further))


def export(module: nn.Module, branch: Branch) -> nn.Module:
    """Leave one branch's batch norms in their old places, in place, as if there had never been another. Returns: it."""
    replace_each(module, BranchedBatchNorm, lambda norms: getattr(norms, branch))
    return module


@contextmanager
def select(module: nn.Module, branch: Branch) -> Iterator[None]:
    """Normalise by one branch meanwhile; a module without branches has nothing to select."""
    pairs = [m for m in module.modules() if isinstance(m, BranchedBatchNorm)]
    before: list[Branch] = [pair.chosen for pair in pairs]
    for pair in pairs:
        pair.chosen = branch
    try:
        yield
    finally:
        for pair, chosen in zip(pairs, before, strict=True):
            pair.chosen = chosen


@contextmanager
def frozen_statistics(module: nn.Module) -> Iterator[None]:
    """Normalise as usual, by the batch in training mode, but do not move the running statistics."""
    norms = [m for m in module.modules() if isinstance(m, _BatchNorm) and m.track_running_stats and m.training]
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm in norms:
            norm.track_running_stats = True


def replace_each(module: nn.Module, kind: type, make: Callable[[Any], nn.Module]) -> None:
    """Put ``make(child)`` in the place of every module of a kind below ``module``, in place."""
    for name, child in module.named_children():
        if isinstance(child, kind):
            setattr(module, name, make(child))
        else:
            replace_each(child, kind, make)
