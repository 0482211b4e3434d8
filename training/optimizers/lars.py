"""LARS, for large batches: each layer's step is as long as its weights say (arXiv 1708.03888), as timm computes it."""

from dataclasses import dataclass
from typing import Any

import torch
from timm.optim.lars import Lars
from torch import nn

from training.optimizers.descent import Descent


@dataclass(frozen=True)
class LARS(Descent):
    """SGD with momentum whose rate is adapted to each layer. Rate and decay are ACL's, for batches of 512."""

    rate: float = 5.0
    weight_decay: float = 1e-6
    momentum: float = 0.9
    trust: float = 0.001
    """Length of a layer's step at a rate of 1, as a share of the length of its weights."""

    def build(self, module: nn.Module) -> torch.optim.Optimizer:
        weights, rest = self.groups(module)
        adapted = {**weights, "always_adapt": True}  # else timm adapts nothing where the decay is 0
        momentum: Any = self.momentum  # which timm takes for an integer
        return Lars([adapted, rest], lr=self.rate, momentum=momentum, trust_coeff=self.trust)
