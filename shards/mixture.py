"""Whose turn it is where data sets are mixed by weights: each place of the stream is one of a data set's own stream.

Places come in cycles. In each, every data set has a fixed number of turns, spread evenly with a keyed jitter, so that
any run of places, such as a batch, holds each data set's share but for less than two samples (of more than two data
sets, for less than two for each of the others). What came before is counted in whole cycles, so any place costs one.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from shards.keyed import uniforms
from shards.refusal import Refusal

CYCLE = 25_200  # places; 1 to 10 and 100 divide it, so that small whole weights and percentages are met exactly


@lru_cache(maxsize=4)
def _cycle(shares: tuple[int, ...], seed: int, cycle: int) -> tuple[np.ndarray, np.ndarray]:
    """At each place of a cycle: whose turn it is, and how many it had before in this cycle."""
    owner = np.repeat(np.arange(len(shares)), shares)
    turn = np.concatenate([np.arange(share) for share in shares])
    every = np.arange(CYCLE)
    jitter = uniforms(seed, "mixture", np.full_like(every, cycle), every, 0, 1)[:, 0]
    when = np.argsort((turn + jitter) / np.asarray(shares)[owner], kind="stable")
    return owner[when], turn[when]


@dataclass(frozen=True)
class Mixture:
    """How data sets share the places of one stream."""

    sizes: tuple[int, ...]
    """Samples of each data set."""
    weights: tuple[float, ...]
    """Of each data set; only their ratios matter."""

    def __post_init__(self) -> None:
        if len(self.weights) != len(self.sizes):
            raise Refusal(
                f"{len(self.weights)} weights for {len(self.sizes)} data sets; "
                "give --loader.weights one for each, or no weights at all"
            )
        if not all(0 < weight < float("inf") for weight in self.weights):
            raise Refusal(f"weights must be positive numbers, got {' '.join(f'{w:g}' for w in self.weights)}")
        if 0 in self.shares:
            number = int(self.shares.argmin())
            raise Refusal(
                f"weight {self.weights[number]:g} of data set {number + 1} is less than one sample in {CYCLE}; "
                "raise it, or leave that data set out"
            )

    @cached_property
    def shares(self) -> np.ndarray:
        """Turns of each data set in a cycle, by largest remainder: int64 [d]."""
        relative = np.array(self.weights) / max(self.weights)
        exact = relative / relative.sum() * CYCLE
        shares = np.floor(exact).astype(np.int64)
        shares[np.argsort(shares - exact, kind="stable")[: CYCLE - shares.sum()]] += 1
        return shares

    def epochs(self, places: int) -> np.ndarray:
        """How often so many places show the samples of each data set: float [d]."""
        return places * self.shares / CYCLE / np.array(self.sizes)

    def check_batch(self, batch: int) -> None:
        """Refuse batches that would hold all samples of a data set, and some of them twice."""
        for number, (size, share) in enumerate(zip(self.sizes, self.shares.tolist(), strict=True), start=1):
            if (taken := -(-batch * share // CYCLE)) > size:
                raise Refusal(
                    f"a batch of {batch} takes {taken} samples of data set {number}, which has {size}; "
                    "choose a smaller batch or a smaller weight"
                )

    def at(self, seed: int, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whose turn it is at ``places`` [n], and which place of that data set's own stream that is: int64 [n] each."""
        cycles, within = np.divmod(places, CYCLE)
        owners, own = np.empty_like(places), np.empty_like(places)
        for cycle in np.unique(cycles):
            here = cycles == cycle
            owner, before = _cycle(tuple(self.shares.tolist()), seed, int(cycle))
            owners[here] = owner[within[here]]
            own[here] = cycle * self.shares[owners[here]] + before[within[here]]
        return owners, own
