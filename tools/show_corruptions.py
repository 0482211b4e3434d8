"""A sample under all corruptions and severities, as a contact sheet.

python tools/show_corruptions.py data/cifar10/test --side 32 --sheet corruptions.png
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import tyro
from tyro.conf import Positional

from pipelines.corruptions import EXTRA, STANDARD
from pipelines.corruptions.corruption import SEVERITIES
from pipelines.corruptions.optional import INSTALL, installed
from pipelines.decoders import Plain
from pipelines.loader import Loader, Place
from shards.read import Shards
from shards.refusal import Refusal, one_sentence
from training.sheets import draw_table


@dataclass(frozen=True)
class Show:
    """One sample, corrupted in every way: a row for each corruption, a column for each severity."""

    shards: Positional[Path]
    """A data set of images or videos; of a video the frame in the middle is shown."""
    sample: int = 0
    """Its number."""
    side: int = 224
    """Of the centred square, in pixels; constants depend on it."""
    sheet: Path = Path("corruptions.png")
    """The picture's file."""

    def __call__(self) -> None:
        shards = Shards(self.shards)
        if not 0 <= self.sample < len(shards):
            raise Refusal(
                f"--sample must lie in 0 … {len(shards) - 1}, the samples of {self.shards}, got {self.sample}"
            )
        loader, number = Loader(self.shards, batch=1, side=self.side, decoder=Plain()), np.array([self.sample])
        found = list(loader.sweep(shards, Place(), number))
        if not found:
            raise Refusal(f"{self.shards}: sample {self.sample} cannot be decoded; name another: --sample N")
        clean = (255 * found[0][1]).round().to(torch.uint8)
        possible = [one for one in STANDARD + EXTRA if installed() or not one.optional]
        rows = {
            one.name.replace("_", " "): torch.cat([clean, *(one(clean, number, s) for s in SEVERITIES)]) / 255
            for one in possible
        }
        name = shards.index.name[self.sample]
        caption = f"{self.shards}, sample {self.sample} ({name}), {self.side} pixels"
        self.sheet.parent.mkdir(parents=True, exist_ok=True)
        draw_table(rows, ["clean", *(f"severity {s}" for s in SEVERITIES)], caption).savefig(self.sheet)
        if len(possible) < len(STANDARD + EXTRA):
            print(f"frost and spatter are left out; to have all: {INSTALL}")
        print(f"sheet: {self.sheet}")


if __name__ == "__main__":
    with one_sentence():
        tyro.cli(Show, description=__doc__)()
