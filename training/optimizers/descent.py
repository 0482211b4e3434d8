"""What all optimizers have in common: their rate at each step, and which parameters decay."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from training.optimizers.rates import Cosine, Fall


@dataclass(frozen=True)
class Descent(ABC):
    """A rate that rises linearly, then falls, and weight decay."""

    rate: float = 0.3
    """Learning rate at its highest."""
    weight_decay: float = 1e-4
    exclude: bool = True
    """Leave biases and norms out of weight decay (LARS: and of adaptation). Many official codes do not."""
    warmup: float = 0.05
    """Share of all steps in which the rate rises from zero."""
    fall: Fall = field(default_factory=Cosine)
    """How the rate falls after the warm-up."""

    def __post_init__(self) -> None:
        if not 0 <= self.warmup < 1:
            raise ValueError(f"warmup is a share of the steps, from 0 to below 1, got {self.warmup}")
        for name in ("rate", "weight_decay"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")

    @abstractmethod
    def build(self, module: nn.Module) -> torch.optim.Optimizer:
        """An optimizer of the parameters of ``module`` that want gradients."""

    def rate_at(self, step: int, steps: int) -> float:
        """The learning rate of step ``step`` of ``steps``, counted from 0; after the run it is 0."""
        if step >= steps:
            return 0.0
        rising = self.warmup * steps
        if step < rising:
            return self.rate * (step + 1) / (rising + 1)
        return self.rate * self.fall.share(step, steps, rising)

    def groups(self, module: nn.Module) -> tuple[dict[str, Any], dict[str, Any]]:
        """The parameters that decay, and those that do not: biases and norms, which have at most one dimension."""
        learned = [p for p in module.parameters() if p.requires_grad]
        rest = [p for p in learned if self.exclude and p.ndim <= 1]
        weights = [p for p in learned if not self.exclude or p.ndim > 1]
        return {"params": weights, "weight_decay": self.weight_decay}, {"params": rest, "weight_decay": 0.0}
