"""Stochastic gradient descent with a learning rate that is a pure function of the step."""

import math
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class SGD:
    """SGD with momentum, a linear warm-up and a cosine decay to zero."""

    rate: float = 0.3
    """Learning rate at its highest."""
    momentum: float = 0.9
    weight_decay: float = 1e-4
    """Not applied to biases and norms."""
    warmup: float = 0.05
    """Share of all steps in which the rate rises from zero."""

    def __post_init__(self) -> None:
        if not 0 <= self.warmup < 1:
            raise ValueError(f"warmup is a share of the steps, from 0 to below 1, got {self.warmup}")

    def build(self, module: nn.Module) -> torch.optim.Optimizer:
        weights = [p for p in module.parameters() if p.requires_grad and p.ndim > 1]
        rest = [p for p in module.parameters() if p.requires_grad and p.ndim <= 1]
        groups = [{"params": weights, "weight_decay": self.weight_decay}, {"params": rest, "weight_decay": 0.0}]
        return torch.optim.SGD(groups, lr=self.rate, momentum=self.momentum)

    def rate_at(self, step: int, steps: int) -> float:
        """The learning rate of step ``step`` of ``steps``, counted from 0."""
        rising = self.warmup * steps
        if step < rising:
            return self.rate * (step + 1) / (rising + 1)
        return self.rate * 0.5 * (1 + math.cos(math.pi * (step - rising) / max(steps - rising, 1)))
