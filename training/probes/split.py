"""Which training samples are held out: the one split by which anything is chosen, the same in every run."""

import numpy as np

from shards.order import permutation

SPLIT_SEED = 2**32 - 1


def held_out(count: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Sample numbers of a validation split and of the rest: int64 each, in an order fixed by ``count`` alone.

    The validation split holds a tenth of the samples, at most ``most`` and at least one. A smaller ``most`` takes the
    first of a larger one's, so what is held out while training is also held out when the encoder is evaluated.
    """
    mixed = permutation(count, SPLIT_SEED, 0)
    queries = max(min(most, count // 10), 1)
    return mixed[:queries], mixed[queries:]


def chosen(count: int, samples: np.ndarray, wanted: int) -> np.ndarray:
    """The first ``wanted`` of ``samples`` in a keyed order of all ``count``, the same in every run; 0 takes all."""
    mixed = permutation(count, SPLIT_SEED, 0)
    mixed = mixed[np.isin(mixed, samples)]
    return mixed[:wanted] if wanted else mixed
