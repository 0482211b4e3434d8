"""How far a recipe's decoder is from the oracle (Pillow, PyAV) on your files: PSNR of the same draws, by frame.

python tools/compare_decoders.py simclr-imagenet --shards data/photographs/train --batch 100
"""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import torch
import tyro
from tqdm import tqdm

from pipelines.clock import Clock
from pipelines.decoders import Plain
from pipelines.decoders.auto import choose
from pipelines.loader import Place
from shards.read import Shards
from shards.refusal import one_sentence
from training.recipes import find_recipe


def compare(recipe: tyro.conf.Positional[str], shards: Path, batch: int = 64, batches: int = 4) -> None:
    """Decode the same batches twice and compare.

    Args:
        recipe: Whose decoder, side, clip and crops to use.
        shards: The data set.
        batch: Samples per batch.
        batches: Batches that are compared.
    """
    loader, data = replace(find_recipe(recipe).loader, shards=shards, batch=batch), Shards(shards)
    chosen = choose(loader.decoder, data.stored, Place().device)
    streams = [
        replace(loader, decoder=decoder).decoded(data, Place(threads=2), 0, 0, Clock()) for decoder in (chosen, Plain())
    ]
    found = []
    with closing(streams[0]), closing(streams[1]):
        for _ in tqdm(range(batches), unit="batch"):
            fast, exact = (next(stream)[2].views.cpu().float() for stream in streams)
            error = (fast - exact).square().flatten(3).mean(-1)  # one for every frame of every view
            found.append((10 * torch.log10(255**2 / error.clamp_min(1e-4))).flatten())
    psnr = torch.cat(found)
    print(
        f"{chosen.library} against {Plain().library} on {shards}, side {loader.side}: "
        f"PSNR median {psnr.median():.1f} dB, least {psnr.min():.1f} dB, n = {len(psnr)} frames"
    )


if __name__ == "__main__":
    with one_sentence():
        tyro.cli(compare, description=__doc__)
