"""The projection head: contrast happens behind it, features are taken before it (Chen et al., 2020, SimCLR)."""

from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Head:
    """Fully connected layers, features ``b width`` to embeddings ``b out``, with ReLU between them."""

    layers: int = 2
    """1 is a single linear map, as CLAE's Plain and UEL have it."""
    hidden: int = 0
    """Width of the layers between; 0 takes that of the features."""
    out: int = 128
    """Length of the embeddings."""
    norm: bool = True
    """Batch norm after every layer but the last; MoCo v2 has none."""

    def __post_init__(self) -> None:
        if self.layers < 1 or self.hidden < 0 or self.out < 1:
            raise ValueError(f"need layers >= 1, hidden >= 0 and out >= 1, got {self}")

    def build(self, width: int) -> nn.Sequential:
        """The head of an encoder whose features are ``width`` long."""
        layers, hidden = [], self.hidden or width
        for _ in range(self.layers - 1):
            layers += [nn.Linear(width, hidden, bias=not self.norm)]
            layers += [nn.BatchNorm1d(hidden)] if self.norm else []
            layers += [nn.ReLU(inplace=True)]
            width = hidden
        return nn.Sequential(*layers, nn.Linear(width, self.out))
