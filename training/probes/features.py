"""Features of chosen samples of a data set, computed by all processes together."""

from collections.abc import Sequence

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from jaxtyping import Float
from torch import Tensor, nn
from tqdm import tqdm

from pipelines.loader import Loader, Place
from shards.read import Shards
from training.modes import evaluating


@torch.no_grad()
def extract(
    modules: Sequence[nn.Module],
    loader: Loader,
    shards: Shards,
    samples: np.ndarray,
    place: Place,
    accelerator: Accelerator,
    title: str = "",
) -> tuple[list[Float[Tensor, "n _"]], np.ndarray]:
    """Features of ``samples`` by each module in evaluation mode, on every process; the samples are decoded once.

    Args:
        title: Of a progress bar; without one there is none.

    Returns: each module's features, and the numbers of the samples they belong to, int64 [n].
    """
    size = -(-len(samples) // place.world)  # equal parts: the last is padded with samples from the start
    mine = np.resize(samples, size * place.world)[place.rank * size : (place.rank + 1) * size]
    for module in modules:
        for buffer in module.buffers():  # each process has running statistics of its own; those of the first are saved
            broadcast(buffer)
    parts = [[] for _ in modules]
    with (
        evaluating(*modules),
        accelerator.autocast(),
        tqdm(total=len(mine), desc=title, unit="clip", dynamic_ncols=True, disable=not title) as bar,
    ):
        for views in loader.sweep(shards, place, mine):
            for module, found in zip(modules, parts, strict=True):
                found.append(module(views).float())
            bar.update(len(views))
    return [accelerator.gather(torch.cat(found))[: len(samples)] for found in parts], samples  # pyright: ignore
