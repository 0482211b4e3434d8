"""AdamW."""

from dataclasses import dataclass

import torch
from torch import nn

from training.optimizers.descent import Descent


@dataclass(frozen=True)
class AdamW(Descent):
    """Adam with weight decay of its own; with a decay of 0 it is Adam. The rate is that of CLAE's SimCLR."""

    rate: float = 3e-4
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.999)
    """How much of the mean gradient and of its mean square stays at each step."""

    def build(self, module: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.groups(module), lr=self.rate, betas=self.betas)
