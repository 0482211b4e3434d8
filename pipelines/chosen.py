"""Augmented views of chosen samples, outside the stream of batches."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float
from torch import Tensor

from pipelines.ahead import ahead
from pipelines.clock import Clock
from pipelines.draws import Draws, draws_of
from pipelines.loader import Loader, Place
from shards.several import DataSet


def augmented(
    loader: Loader, shards: DataSet, place: Place, samples: np.ndarray, seed: int
) -> Iterator[tuple[np.ndarray, tuple[Float[Tensor, "b t c h w"], ...]]]:
    """Numbers and views of the named samples, but for broken ones, as in epoch 0 of a run with this seed."""
    sound = loader.sound(shards, place)
    fetch = loader.fetch(sound, None, Clock())
    parts = [samples[start : start + loader.batch] for start in range(0, len(samples), loader.batch)]

    def draws(some: np.ndarray) -> tuple[Draws, ...]:
        return draws_of(seed, np.zeros_like(some), some)

    found = ahead(
        lambda number: sound.without_broken(parts[number], lambda some: fetch(draws(some)).views), 0, len(parts)
    )
    for present, pixels in filter(None, sound.closing(found)):
        pairs = zip(pixels, draws(present), strict=True)
        yield present, tuple(loader.views(view.to(place.device), draw) for view, draw in pairs)
