"""What is to be made, cut into shards: each a pure function of (plan, number), whoever makes it, wherever and when."""

import hashlib
import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from shards.order import permutation
from shards.sample import Rejected
from shards.sources.listing import Listing, Source
from shards.sources.rows import Rows
from shards.target import Target
from shards.treat import Treatment
from shards.unit import Unit
from shards.validate import SECONDS

MIXING_SEED = 0  # items are mixed once, so that readers without an index see the classes mixed too


@dataclass(frozen=True)
class Plan:
    """One split of a source, and what is done to it."""

    source: Source
    listing: Listing
    samples_per_shard: int = 1000
    treatment: Treatment = field(default_factory=Treatment)
    seconds: float = SECONDS
    """A sample that takes longer is left out (longer beyond 10 MB)."""
    dedupe: bool = False
    """Leave out what has the same bytes as a sample before it."""

    @property
    def shards(self) -> int:
        """How many shards there will be, if none of them stays empty."""
        per_shard = 1 if self.listing.whole else self.samples_per_shard
        return -(-len(self.listing.items) // per_shard)

    def count(self, shard: int) -> int:
        """Items of a shard."""
        if self.listing.whole:
            return 1
        return min(self.samples_per_shard, len(self.listing.items) - shard * self.samples_per_shard)

    def items(self, shard: int) -> Sequence[Hashable]:
        """What goes into a shard."""
        if self.listing.whole:
            return [self.listing.items[shard]]
        chosen = self._order[shard * self.samples_per_shard : (shard + 1) * self.samples_per_shard]
        return [self.listing.items[i] for i in chosen.tolist()]

    def unit(self, shard: int, target: Target, drop: tuple[Rejected, ...] = ()) -> Unit:
        """The work of making one shard."""
        return Unit(self.source, self.items(shard), shard, self.treatment, self.seconds, target, drop)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that decides over the bytes of the result."""
        listing = self.listing
        said = [
            listing.kind, {name: list(classes) for name, classes in listing.classes.items()}, _digest(listing.items),
            [[one.name, one.reason] for one in listing.rejected], listing.whole, self.samples_per_shard,
            self.treatment.made, self.treatment.libraries, self.dedupe,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    @cached_property
    def _order(self) -> np.ndarray:
        return permutation(len(self.listing.items), MIXING_SEED, 0)


def _digest(items: Sequence[Hashable]) -> str:
    if isinstance(items, Rows):
        return items.digest()
    found = hashlib.sha256()
    for item in items:
        found.update(repr(item).encode("utf-8", "surrogateescape") + b"\n")
    return found.hexdigest()
