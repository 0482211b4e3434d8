"""The projection head: contrast happens behind it, features are taken before it (Chen et al., 2020, SimCLR)."""

from torch import nn


def projection(width: int, hidden: int, out: int, norm: bool = True) -> nn.Module:
    """Two layers, features ``b width`` to embeddings ``b out``; batch norm between them or, as in MoCo v2, none."""
    between = [nn.BatchNorm1d(hidden)] if norm else []
    return nn.Sequential(
        nn.Linear(width, hidden, bias=not norm), *between, nn.ReLU(inplace=True), nn.Linear(hidden, out)
    )
