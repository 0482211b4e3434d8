"""Stochastic gradient descent."""

from dataclasses import dataclass

import torch
from torch import nn

from training.optimizers.descent import Descent


@dataclass(frozen=True)
class SGD(Descent):
    """SGD with momentum."""

    momentum: float = 0.9

    def build(self, module: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.groups(module), lr=self.rate, momentum=self.momentum)
