"""No textures: what shards hold unless one asks for more."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class NoTexture:
    """Make no textures."""

    def __call__(self, picture: np.ndarray, name: str) -> np.ndarray:
        return picture[:0, :0]
