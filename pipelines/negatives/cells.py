"""Where in its view each cell of a mosaic is copied from: integers, for any executor."""

import numpy as np

from pipelines.draws import Draws
from pipelines.negatives.shuffled import shuffled


def cropped(side: int, patch: np.ndarray, cells: int, draws: Draws) -> list[np.ndarray]:
    """Tops and lefts of independent random crops for ``cells`` rows and columns: each int64 [b, n, cells, cells]."""
    room, shape = (side - patch + 1)[:, :, None, None], (*patch.shape, cells, cells)
    uniform = (draws.uniform(f"patch {axis}", patch.shape[1] * cells**2) for axis in ("row", "column"))
    return [np.floor(numbers.reshape(shape) * room).astype(np.int64) for numbers in uniform]


def permuted(side: int, patch: np.ndarray, cells: int, draws: Draws) -> tuple[np.ndarray, np.ndarray]:
    """Tops and lefts of the view's whole tiles in another order, as ``cropped`` returns them.

    Cells beyond the last whole tile of a row or column begin again with the first, so all is of the same permutation.
    """
    across = side // patch
    order = shuffled(draws, "tile order", across**2, (cells - 1) ** 2)
    line = np.arange(cells) % across[..., None]
    place = line[..., None] * across[..., None, None] + line[..., None, :]
    tile = np.take_along_axis(order, place.reshape(*patch.shape, -1), axis=-1).reshape(place.shape)
    row, column = np.divmod(tile, across[..., None, None])
    return row * patch[..., None, None], column * patch[..., None, None]
