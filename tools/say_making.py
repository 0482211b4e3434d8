"""What make_shards says: what all would take, judging by a few samples; what was made; what to type next."""

import json
import os
from collections.abc import Mapping

from shards.estimate import estimate
from shards.manifest import FILE_NAME, Manifest
from shards.plan import Plan
from shards.quarantine import QUARANTINE
from shards.target import Target

FEW = 64  # samples that are tried


def say_estimate(split: str, plan: Plan, jobs: int | None) -> float:
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
    print(f"  altogether about {_bytes(one.found * count)} found, {_bytes(one.written * count)} written, "
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


def say_split(target: Target, plan: Plan) -> None:
    """Print what a split has become, and what was left out of it."""
    if FILE_NAME not in target.names():
        print(f"{target}: this part is done; the part that is done last writes the {FILE_NAME}")
        return
    manifest = Manifest.parse(target.read(FILE_NAME), str(target))
    checked = f"checked by {', '.join(manifest.checked)}" if manifest.checked else "not checked"
    print(f"{target}: {manifest.samples} {manifest.kind}s of {len(manifest.classes['label'])} classes, {checked}")
    if manifest.quarantined:
        of = "" if plan.listing.whole else f" of {len(plan.listing.items) + len(plan.listing.rejected)}"
        first = json.loads(target.read(QUARANTINE).partition(b"\n")[0])
        print(
            f"{target}: {manifest.quarantined}{of} were left out, such as {first['name']!r}: {first['reason']}. "
            f"{target}/{QUARANTINE} has them all; mend or recode them and make the shards again, or go on without them"
        )


def say_next(target: Target, plans: Mapping[str, Plan]) -> None:
    """Print the command that trains on the first split."""
    split, plan = next(iter(plans.items()))
    recipe = "simclr-synthetic" if plan.listing.kind == "image" else "simclr-moving"
    print(f"next: accelerate launch training/pretrain.py {recipe} --loader.shards {target.inside(split)}")


def _bytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
