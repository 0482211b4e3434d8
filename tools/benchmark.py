"""Items per second of the loader alone: read, decode and cut two uint8 views of each, no augmentation, no training.

python tools/benchmark.py simclr-imagenet --shards data/imagenet_sample/train --batch 100
"""

import os
import platform
import statistics
import time
from contextlib import closing
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import tyro

from pipelines.clock import Clock
from pipelines.loader import Place
from shards.read import Shards
from shards.refusal import Refusal, one_sentence
from training.recipes import find_recipe

WARM_UP = 3  # batches: two of them were decoded while the first was waited for


def benchmark(recipe: tyro.conf.Positional[str], shards: Path, batch: int = 128, repeats: int = 7) -> None:
    """Time the loader of a recipe.

    Args:
        recipe: Whose side, clip, decoder and crops to use.
        shards: The data set.
        batch: Samples per batch.
        repeats: Batches that are timed; the median, the least and the most are printed.
    """
    if repeats < 5:
        raise Refusal(f"--repeats must be at least 5, got {repeats}: a median of fewer says little")
    threads = len(os.sched_getaffinity(0))
    loader = replace(find_recipe(recipe).loader, shards=shards, batch=batch)
    rates = []
    with closing(loader.decoded(Shards(shards), Place(threads=threads), 0, 0, Clock())) as decoded:
        for number in range(WARM_UP + repeats):
            start = time.perf_counter()
            next(decoded)
            if number >= WARM_UP:
                rates.append(batch / (time.perf_counter() - start))
    print(
        f"{recipe} loader on {shards}, side {loader.side}, two views: median {statistics.median(rates):.0f} samples/s "
        f"(least {min(rates):.0f}, most {max(rates):.0f}, n = {repeats} batches of {batch}), {threads} threads, "
        f"{platform.machine()}, DALI {version('nvidia-dali-cuda130')}, decord {version('decord')}"
    )


if __name__ == "__main__":
    with one_sentence():
        tyro.cli(benchmark, description=__doc__)
