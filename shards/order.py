"""The order of samples: one keyed permutation per epoch, laid end to end.

Global batch ``step`` is the positions ``step * batch`` to ``(step + 1) * batch`` of that endless stream, so a batch may
straddle two epochs, nothing is dropped, and finding the place of any step costs one permutation.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from shards.keyed import check_seed, philox, purpose_key
from shards.refusal import Refusal

BLOCK = 2**20  # words made at a time: the generator needs twelve times their memory


@lru_cache(maxsize=4)
def permutation(count: int, seed: int, epoch: int) -> np.ndarray:
    """Every index below ``count`` once, in an order fixed by (seed, epoch): int64 of shape [count]."""
    words = np.empty(count, np.uint64)
    for start in range(0, count, BLOCK):
        a, b, _, _ = philox((np.arange(start, min(start + BLOCK, count)), epoch, 0, 0), (seed, purpose_key("order")))
        words[start : start + BLOCK] = (a << np.uint64(32)) | b
    order = np.argsort(words, kind="stable")
    order.setflags(write=False)  # the cache hands out one array to all
    return order


@dataclass(frozen=True)
class Order:
    """Which samples make each global batch."""

    count: int
    """Samples in the data set."""
    batch: int
    """Samples in a global batch, all ranks together."""
    seed: int

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if not 0 < self.batch <= self.count:
            raise Refusal(
                f"a batch of {self.batch} cannot be filled from {self.count} samples; "
                f"choose a batch between 1 and {self.count}, or make more shards"
            )

    def at(self, step: int, rank: int = 0, world: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Epochs and sample indices, each int64 of shape [batch / world]: this rank's part of global batch ``step``."""
        if self.batch % world:
            raise Refusal(
                f"a global batch of {self.batch} does not divide among {world} processes; choose a multiple of {world}"
            )
        part = self.batch // world
        start = step * self.batch + rank * part
        epochs, places = np.divmod(np.arange(start, start + part), self.count)
        samples = np.empty(part, np.int64)
        for epoch in np.unique(epochs):
            here = epochs == epoch
            samples[here] = permutation(self.count, self.seed, int(epoch))[places[here]]
        return epochs, samples
