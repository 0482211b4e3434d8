"""Write a data set as WebDataset tars, one folder per split.

python tools/make_shards.py --out data/cifar10 folder --root $DATA/cifar10.tar

python tools/make_shards.py --out data/moving synthetic --medium video
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import tyro
from tqdm import tqdm

from shards.make import make_split, refuse_leftovers
from shards.refusal import Refusal, one_sentence
from shards.sources import Source


def make(
    source: tyro.conf.OmitArgPrefixes[Source],
    out: Path = Path("data/synthetic"),
    jobs: Annotated[int, tyro.conf.arg(help_behavior_hint="(default: all usable cores)")] = len(
        os.sched_getaffinity(0)
    ),
    samples_per_shard: int = 1000,
) -> None:
    """Write every split of a source to OUT/SPLIT.

    Args:
        source: Where the samples come from.
        out: Folder for the data sets.
        jobs: Shards made at the same time; the bytes do not depend on it.
        samples_per_shard: Samples in a tar.
    """
    for name, value in (("jobs", jobs), ("samples-per-shard", samples_per_shard)):
        if value < 1:
            raise Refusal(f"--{name} must be at least 1, got {value}")
    splits = {split: listing for split, listing in source.splits().items() if listing.items}
    if not splits:
        raise Refusal("the source has no samples at all; check its options")
    for split in splits:
        refuse_leftovers(out / split)
    for split, listing in splits.items():
        bar = tqdm(total=len(listing.items), unit="sample", desc=split, dynamic_ncols=True)
        with bar:
            for samples in make_split(source, listing, out / split, samples_per_shard, jobs):
                bar.update(samples)
        print(f"{out / split}: {len(listing.items)} {listing.kind}s of {len(listing.classes['label'])} classes")
    split, listing = next(iter(splits.items()))
    recipe = "simclr-synthetic" if listing.kind == "image" else "simclr-moving"
    print(f"next: accelerate launch training/pretrain.py {recipe} --loader.shards {out / split}")


if __name__ == "__main__":
    words = sys.argv[1:] or ["synthetic"]
    with one_sentence():
        tyro.cli(make, args=words, description=__doc__, config=(tyro.conf.CascadeSubcommandArgs,))
