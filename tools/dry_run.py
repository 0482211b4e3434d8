"""What make_shards would do, from a few samples of each split: counts, bytes, hours, room."""

import os

from shards.estimate import estimate
from shards.plan import Plan
from shards.target import Target

FEW = 64  # samples that are tried


def say_estimate(split: str, plan: Plan, target: Target, jobs: int | None) -> float:
    """Print what a split will take. Returns: bytes that it needs."""
    listing, one = plan.listing, estimate(plan, FEW)
    count, jobs = len(listing.items), jobs or len(os.sched_getaffinity(0))
    what = f"{count} tars of {listing.kind}s" if listing.whole else f"{count} {listing.kind}s"
    classes = len(listing.classes["label"])
    print(f"{split}: {what} of {classes} class{'es' * (classes > 1)}, in {plan.shards} shards")
    if listing.rejected:
        first = listing.rejected[0]
        print(f"  {len(listing.rejected)} that are listed cannot be had, such as {first.name!r}: {first.reason}")
    per = f"{one.found / 1e3:.1f} kB found, {one.written / 1e3:.1f} kB written, {one.seconds * 1e3:.1f} ms each"
    print(f"  of {one.tried} samples: {per}; {len(one.left_out)} would be left out"
          + (f", such as {one.left_out[0].name!r}: {one.left_out[0].reason}" if one.left_out else ""))  # fmt: skip
    if listing.whole:
        print("  how many samples the tars hold is not known before they are read")
        return 0.0
    hours = count * one.seconds / 3600
    print(f"  altogether about {_bytes(one.found * count)} found, {_bytes(one.written * count)} written to {target}, "
          f"{hours:.2f} core-hours: {hours / jobs:.2f} hours on {jobs} cores")  # fmt: skip
    return one.written * count


def say_room(target: Target, needed: float) -> None:
    """Print whether the target has room for all splits."""
    free = target.free()
    if free is None:
        print(f"{target}: how much room there is is not known")
    else:
        print(
            f"{target}: {_bytes(free)} free, about {_bytes(needed)} needed: {'enough' if needed < free else 'too few'}"
        )


def _bytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
