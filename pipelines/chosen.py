"""Augmented views of chosen samples, or the textures beside them, outside the stream of batches."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float
from torch import Tensor

from pipelines.ahead import ahead
from pipelines.clock import Clock
from pipelines.draws import Draws, draws_of
from pipelines.loader import Loader, Place
from pipelines.textured import Textured
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


def textures(
    loader: Loader, shards: DataSet, place: Place, samples: np.ndarray
) -> Iterator[tuple[np.ndarray, Float[Tensor, "b t c h w"]]]:
    """Numbers of the named samples and the centred squares of their textures, but for broken ones, 0 to 1.

    Of a clip the texture is a still: the same in all frames.
    """
    sound, textured = loader.sound(shards, place), Textured(shards, loader.decoder, place)
    parts = [samples[start : start + loader.batch] for start in range(0, len(samples), loader.batch)]
    found = ahead(
        lambda number: sound.without_broken(parts[number], lambda some: textured.centred(some, loader.side)),
        0,
        len(parts),
    )
    for present, pixels in filter(None, sound.closing(found)):
        yield present, (pixels.to(place.device).float() / 255).expand(-1, loader.clip.length, -1, -1, -1)
