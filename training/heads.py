"""The projection head: contrast happens behind it, features are taken before it (Chen et al., 2020, SimCLR)."""

from torch import nn


def projection(width: int, hidden: int, out: int) -> nn.Module:
    """Two layers with batch norm between them, features ``b width`` to embeddings ``b out``."""
    return nn.Sequential(
        nn.Linear(width, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(inplace=True), nn.Linear(hidden, out)
    )
