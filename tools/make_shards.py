"""Write a data set as WebDataset tars, one folder per split.

python tools/make_shards.py --out data/cifar10 folder --root $DATA/cifar10.tar

python tools/make_shards.py --out data/moving synthetic --medium video
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import tyro
from tqdm import tqdm

from pipelines.check import Check
from pipelines.decoders import Dali, Decord, Plain
from shards.make import QUARANTINE, make_split, read_quarantine, refuse_leftovers
from shards.manifest import Manifest
from shards.refusal import Refusal, one_sentence
from shards.sources import Source

DECODERS = {"image": Dali(), "video": Decord()}


def make(
    source: tyro.conf.OmitArgPrefixes[Source],
    out: Path = Path("data/synthetic"),
    jobs: Annotated[int, tyro.conf.arg(help_behavior_hint="(default: all usable cores)")] = len(
        os.sched_getaffinity(0)
    ),
    samples_per_shard: int = 1000,
    check: Literal["fast", "plain", "none"] = "fast",
) -> None:
    """Write every split of a source to OUT/SPLIT.

    Args:
        source: Where the samples come from.
        out: Folder for the data sets.
        jobs: Shards made at the same time; the bytes do not depend on it.
        samples_per_shard: Samples in a tar.
        check: Who decodes every sample in full before it may enter a tar: "fast" is Pillow and DALI for images, PyAV
            and decord for videos; "plain" is Pillow and PyAV alone, for runs with loader.decoder:plain; after "none" a
            run checks each sample as it meets it.
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
        decoder = Plain() if check == "plain" else DECODERS[listing.kind]
        test = Check(listing.kind, decoder) if check != "none" else None
        bar = tqdm(total=len(listing.items), unit="sample", desc=split, dynamic_ncols=True)
        with bar:
            for samples in make_split(source, listing, out / split, samples_per_shard, jobs, test):
                bar.update(samples)
        _say(out / split, len(listing.items))
    split, listing = next(iter(splits.items()))
    recipe = "simclr-synthetic" if listing.kind == "image" else "simclr-moving"
    print(f"next: accelerate launch training/pretrain.py {recipe} --loader.shards {out / split}")


def _say(folder: Path, found: int) -> None:
    manifest = Manifest.load(folder)
    checked = f"checked by {', '.join(manifest.checked)}" if manifest.checked else "not checked"
    print(f"{folder}: {manifest.samples} {manifest.kind}s of {len(manifest.classes['label'])} classes, {checked}")
    if manifest.quarantined:
        first = read_quarantine(folder)[0]
        print(
            f"{folder}: {manifest.quarantined} of {found} were left out, such as {first.name!r}: {first.reason}. "
            f"{folder / QUARANTINE} has them all; mend or recode them and make the shards again, or go on without them"
        )


if __name__ == "__main__":
    words = sys.argv[1:] or ["synthetic"]
    with one_sentence():
        tyro.cli(make, args=words, description=__doc__, config=(tyro.conf.CascadeSubcommandArgs,))
