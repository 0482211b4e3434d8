"""Orders in which something is somewhere else: a negative in its view's own order would be the view."""

from itertools import count

import numpy as np

from pipelines.draws import Draws


def shuffled(draws: Draws, purpose: str, sizes: np.ndarray, most: int) -> np.ndarray:
    """Permutations of 0 … size - 1, uniform among all but the identity.

    Args:
        sizes: Of each, int [b, n], at most ``most``; of size 1 there is only the identity.

    Returns: int64 [b, n, most]; what lies beyond a size stays where it is.
    """
    own = np.arange(most)
    order, inside = np.tile(own, (*sizes.shape, 1)), own < sizes[..., None]
    for turn in count():
        unmoved = (order == own).all(axis=-1) & (sizes > 1)
        if not unmoved.any():
            break
        keys = draws.uniform(f"{purpose} {turn}", sizes.shape[1] * most).reshape(inside.shape)
        drawn = np.where(inside, keys, 1 + own).argsort(axis=-1)
        order = np.where(unmoved[..., None], drawn, order)
    return order
