"""What a making will take, from a few samples, chosen by key: bytes, hours, and how many would be left out."""

import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import islice

from shards.order import permutation
from shards.plan import Plan
from shards.refusal import Refusal
from shards.sample import Rejected, Sample
from shards.tar import BLOCK, END
from shards.target import Target
from shards.unit import fetch
from shards.validate import Validator

SEED = 1  # another than the plan's own, whose first samples are those of the first shard
MEMBER = 1.5 * BLOCK  # bytes that a file costs in a tar beyond its own: a header, and half a block on average


@dataclass(frozen=True)
class Estimate:
    """Means over the samples that were tried."""

    tried: int
    left_out: tuple[Rejected, ...]
    found: float
    """Bytes of media of one sample, as found."""
    written: float
    """Bytes of one sample in its tar."""
    seconds: float
    """For one sample, on one core."""


def estimate(plan: Plan, few: int, treat: bool = True) -> Estimate:
    """Fetch ``few`` samples and, if ``treat``, do to them what will be done to all.

    Of a listing of whole tars, those at the start of the first are tried.
    """
    left_out, found, written, tried, seconds = [], 0, 0.0, 0, 0.0
    validator = Validator(plan.treatment, plan.seconds)
    with closing(validator):
        for sample in islice(_some(plan, few), few):
            if isinstance(sample, Rejected):
                left_out, tried = [*left_out, sample], tried + 1
                continue
            (extension, content), *others = sample.media.items()
            sizes = [len(content), *(len(one) for _, one in others)]
            if treat:
                if not tried:
                    _start(validator, extension, content, sample.name)
                start = time.perf_counter()
                try:
                    parts = validator(extension, content, sample.name, sample.segment)
                    sizes = [len(one) for part in parts for one in part.media.values()] + sizes[1:]
                except Refusal as refusal:
                    left_out, sizes = [*left_out, Rejected(sample.name, str(refusal))], []
                seconds += time.perf_counter() - start
            tried, found = tried + 1, found + sum(len(one) for one in sample.media.values())
            written += sum(sizes) + MEMBER * (len(sizes) + 1 + bool(sample.facts)) if sizes else 0
    tried = max(tried, 1)
    return Estimate(tried, tuple(left_out), found / tried, written / tried, seconds / tried)


def refuse_if_full(plan: Plan, target: Target, few: int = 16) -> None:
    """Compare what the target has room for with what the plan needs.

    Raises: ``Refusal`` with both.
    """
    free = target.free()
    if free is None or plan.listing.whole:
        return
    one = estimate(plan, few, treat=bool(plan.treatment.made))
    there = sum(target.size(name) for name in target.names())
    needed = one.written * len(plan.listing.items) + plan.shards * len(END) - there
    if needed > free:
        raise Refusal(
            f"{target} has {free / 1e9:.1f} GB free, the data set needs about {needed / 1e9:.1f} GB more (from "
            f"{one.tried} of its samples); free some space or choose another --out"
        )


def _some(plan: Plan, few: int) -> Iterator[Sample | Rejected]:
    items = plan.listing.items
    chosen = [0] if plan.listing.whole else permutation(len(items), SEED, 0)[:few].tolist()
    return fetch(plan.source, [items[i] for i in chosen])


def _start(validator: Validator, extension: str, content: bytes, name: str) -> None:
    """Have the child started, so that its imports are not taken for the first sample's time."""
    with suppress(Refusal):
        validator(extension, content, name)
