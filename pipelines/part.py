"""One process's part of every batch, decoded: who is in it, who stands in for whom, and their crops."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from pipelines.ahead import ahead
from pipelines.draws import draws_of
from pipelines.fetch import Fetch
from pipelines.place import Place
from pipelines.textured import Pixels
from shards.order import Order

T = TypeVar("T")


class Decoded(NamedTuple):
    """A part of a batch, before its views are made."""

    epochs: np.ndarray
    samples: np.ndarray
    pixels: Pixels
    substituted: int
    """Places that others took for broken samples."""


@dataclass(frozen=True)
class Part:
    """What a process decodes of each batch: a function of the batch's number."""

    fetch: Fetch
    order: Order
    seed: int
    views: int
    """How many of each sample."""
    place: Place

    def __call__(self, step: int) -> Decoded:
        epochs, drawn = self.order.at(step, self.place.rank, self.place.world)
        read = lambda samples: self.fetch(draws_of(self.seed, epochs, samples, self.views))  # noqa: E731
        samples, pixels = self.fetch.sound.with_substitutes(self.order, epochs, drawn, read)
        if self.place.device.type == "cuda":
            pixels = pixels.pinned()
        return Decoded(epochs, samples, pixels, int((samples != drawn).sum()))

    def ahead(self, step: int, then: Callable[[Decoded], T]) -> Generator[T, None, None]:
        """``then`` of the parts from ``step`` on, without end, made by a thread of its own.

        Raises: ``Refusal`` at once if the batch does not divide among the processes.
        """
        self.order.at(step, self.place.rank, self.place.world)
        return self.fetch.sound.closing(ahead(lambda number: then(self(number)), step))
