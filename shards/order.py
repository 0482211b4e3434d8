"""The order of samples: one keyed permutation per epoch, laid end to end.

Global batch ``step`` is the positions ``step * batch`` to ``(step + 1) * batch`` of that endless stream, so a batch may
straddle two epochs, nothing is dropped, and finding the place of any step costs one permutation. Data sets that are
mixed by weights have such a stream each, with epochs of their own, and take turns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from shards.keyed import check_seed, philox, purpose_key
from shards.mixture import Mixture
from shards.refusal import Refusal

BLOCK = 2**14  # words made at a time: what the generator needs for them, twelve times as much, stays in cache


def permutation(count: int, seed: int, epoch: int, stream: int = 0) -> np.ndarray:
    """Every index below ``count`` once, in an order fixed by (seed, epoch, stream): int64 of shape [count]."""
    words = np.empty(count, np.uint64)
    for start in range(0, count, BLOCK):
        block = np.arange(start, min(start + BLOCK, count))
        a, b, _, _ = philox((block, epoch, stream, 0), (seed, purpose_key("order")))
        words[start : start + BLOCK] = (a << np.uint64(32)) | b
    return _ascending(words)


def _ascending(words: np.ndarray) -> np.ndarray:
    """``np.argsort(words, kind="stable")`` of uint64, faster where words are random.

    Their leading bits are sorted with their places behind them in the same words, which is quicker than to sort places
    by words; the stable sort then finds all in order but words that are alike in all leading bits.
    """
    places = np.arange(len(words), dtype=np.uint64)
    behind = np.uint64((1 << len(words).bit_length()) - 1)
    near = np.sort((words & ~behind) | places) & behind
    return near[np.argsort(words[near], kind="stable")].astype(np.int64)


@dataclass(frozen=True)
class Order:
    """Which samples make each global batch."""

    count: int
    """Samples in the data set, or in all of them together."""
    batch: int
    """Samples in a global batch, all ranks together."""
    seed: int
    mixture: Mixture | None = None
    """How several data sets take turns; without it all samples have one order."""

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if not 0 < self.batch <= self.count:
            raise Refusal(
                f"a batch of {self.batch} cannot be filled from {self.count} samples; "
                f"choose a batch between 1 and {self.count}, or make more shards"
            )
        if self.mixture:
            self.mixture.check_batch(self.batch)

    def at(self, step: int, rank: int = 0, world: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Epochs and sample indices, each int64 of shape [batch / world]: this rank's part of global batch ``step``.

        Where data sets are mixed, an epoch is that of the sample's own data set.
        """
        if self.batch % world:
            raise Refusal(
                f"a global batch of {self.batch} does not divide among {world} processes; choose a multiple of {world}"
            )
        part = self.batch // world
        start = step * self.batch + rank * part
        places = np.arange(start, start + part)
        streams = np.zeros_like(places)
        if self.mixture:
            streams, places = self.mixture.at(self.seed, places)
        epochs, places = np.divmod(places, np.array(self._sizes)[streams])
        samples = np.empty_like(places)
        for stream, epoch in np.unique([streams, epochs], axis=1).T.tolist():
            here = (streams == stream) & (epochs == epoch)
            samples[here] = self._epoch(stream, epoch)[places[here]]
        return epochs, samples

    def after(self, epoch: int, sample: int) -> np.ndarray:
        """Who follows a sample in the order of that epoch, from its start after its end: int64 [n - 1].

        Where data sets are mixed, it is the epoch of the sample's own data set, which all of them are from.
        """
        stream = int(np.searchsorted(np.cumsum(self._sizes), sample, side="right"))
        order = self._epoch(stream, epoch)
        return np.roll(order, -int(np.flatnonzero(order == sample)[0]))[1:]

    @property
    def _sizes(self) -> tuple[int, ...]:
        return self.mixture.sizes if self.mixture else (self.count,)

    @cached_property
    def _epoch(self) -> Callable[[int, int], np.ndarray]:
        """The samples of a stream's epoch in their order. Kept: a batch may straddle two epochs of each stream."""

        def epoch(stream: int, number: int) -> np.ndarray:
            samples = permutation(self._sizes[stream], self.seed, number, stream)
            samples += sum(self._sizes[:stream])  # in place: there may be hundreds of millions
            return samples

        return lru_cache(2 * len(self._sizes))(epoch)
