"""Augmented views of chosen samples, outside the stream of batches."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float
from torch import Tensor

from pipelines.ahead import ahead
from pipelines.clock import Clock
from pipelines.draws import Draws
from pipelines.loader import VIEWS, Loader, Place
from shards.read import Shards


def augmented(
    loader: Loader, shards: Shards, place: Place, samples: np.ndarray, seed: int
) -> Iterator[tuple[Float[Tensor, "b t c h w"], ...]]:
    """The views of the named samples in their order, as epoch 0 of a run with this seed sees them."""
    execute, clock = loader._open_decoder(shards, place), Clock()
    parts = [samples[start : start + loader.batch] for start in range(0, len(samples), loader.batch)]
    draws = [[Draws(seed, np.zeros_like(part), part, view) for view in range(VIEWS)] for part in parts]
    decoded = ahead(lambda number: loader._decode(shards, execute, tuple(draws[number]), clock), 0, len(parts))
    for drawn, pixels in zip(draws, decoded, strict=True):
        yield tuple(loader.views(view.to(place.device), draw) for view, draw in zip(pixels, drawn, strict=True))
