"""An averaged copy of the encoder, which follows it and is measured in its place."""

import copy
from itertools import chain

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from training.encoders import Encoder


class Average(nn.Module):
    """A copy of an encoder that learns nothing by itself; at first it is equal to it."""

    def __init__(self, encoder: Encoder, stay: float):
        """``stay`` is the share of the copy that stays at each step."""
        super().__init__()
        self.encoder = copy.deepcopy(encoder).requires_grad_(False)
        self.stay = stay

    @torch.no_grad()
    def follow(self, encoder: Encoder) -> None:
        """Move weights and running statistics towards those of ``encoder``; its integers are taken over as they are."""
        pairs = list(zip(_tensors(self.encoder), _tensors(encoder), strict=True))
        means = [pair for pair in pairs if pair[0].is_floating_point()]
        get_ema_multi_avg_fn(self.stay)([mine for mine, _ in means], [its for _, its in means], None)
        for mine, its in pairs:
            if not mine.is_floating_point():  # counts, and tables of indices, which no rounding may touch
                mine.copy_(its)


def _tensors(module: nn.Module) -> chain[Tensor]:
    return chain(module.parameters(), module.buffers())
