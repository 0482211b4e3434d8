"""Items per second of the loader alone: read, decode and cut two uint8 views of each, no augmentation, no training."""

import os
import platform
import statistics
import time
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from tyro.conf import Positional

from pipelines.clock import Clock
from pipelines.loader import Place
from shards.read import Shards
from shards.refusal import Refusal
from training.recipes import find_recipe

WARM_UP = 3  # batches: two of them were decoded while the first was waited for


@dataclass(frozen=True)
class LoaderAlone:
    """Time the loader of a recipe: read, decode, cut two views of each sample; no augmentation, no training."""

    recipe: Positional[str]
    """Whose side, clip, decoder and crops to use."""
    shards: Path
    """The data set."""
    batch: int = 128
    """Samples per batch."""
    repeats: int = 7
    """Batches that are timed; the median, the least and the most are printed."""

    def __call__(self) -> None:
        if self.repeats < 5:
            raise Refusal(f"--repeats must be at least 5, got {self.repeats}: a median of fewer says little")
        threads = len(os.sched_getaffinity(0))
        loader = replace(find_recipe(self.recipe).loader, shards=self.shards, batch=self.batch)
        rates = []
        with closing(loader.decoded(Shards(self.shards), Place(threads=threads), 0, 0, Clock())) as decoded:
            for number in range(WARM_UP + self.repeats):
                start = time.perf_counter()
                next(decoded)
                if number >= WARM_UP:
                    rates.append(self.batch / (time.perf_counter() - start))
        print(
            f"{self.recipe} loader on {self.shards}, side {loader.side}, two views: median "
            f"{statistics.median(rates):.0f} samples/s (least {min(rates):.0f}, most {max(rates):.0f}, n = "
            f"{self.repeats} batches of {self.batch}), {threads} threads, {platform.machine()}, DALI "
            f"{version('nvidia-dali-cuda130')}, decord {version('decord')}"
        )
