"""From decoded pixels to a batch on the device: transfer, augmentation, negatives."""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch

from pipelines.batch import Batch
from pipelines.clock import Clock
from pipelines.draws import draws_of
from pipelines.faults import Faults
from pipelines.negatives import Negatives
from pipelines.part import Decoded
from pipelines.sending import sent
from pipelines.textured import seen_as
from pipelines.views import Views

T = TypeVar("T")


@dataclass(frozen=True)
class Assemble:
    """Executes the draws of a batch whose pixels are there."""

    views: Views
    negatives: Negatives
    labels: np.ndarray | None
    """Of all samples."""
    device: torch.device
    seed: int
    clock: Clock
    kept: int
    """How many of a sample's views are the batch's views; those behind them are its support."""

    def __call__(self, decoded: Decoded) -> tuple[Batch, int]:
        """The batch, and how many of its places substitutes took."""
        epochs, samples, pixels, substituted = decoded
        with self.clock("transfer"):
            pixels = pixels.to(self.device)
        draws = draws_of(self.seed, epochs, samples, len(pixels.views))
        with self.clock("augment"):
            views = tuple(self.views(part, draw) for part, draw in zip(pixels.views, draws, strict=True))
            negatives = self.negatives(seen_as(views[0], pixels.textures, self.views, draws[0]), draws[0])
        classes = None
        if self.labels is not None:
            classes = sent(self.labels[samples].astype(np.int64), self.device)
        ids, passes = (sent(keys, self.device) for keys in (samples, epochs))
        seen, support = views[: self.kept], views[self.kept :]
        return Batch(seen, negatives, ids, classes, support, passes, self.seed), substituted


def delivered(
    found: Generator[T, None, None], finish: Callable[[T], tuple[Batch, int]], clock: Clock, faults: Faults
) -> Generator[Batch, None, None]:
    """Batch after batch of what was ``found`` ahead, and the waiting for it in ``clock``; substitutes are counted."""
    with closing(found):
        while True:
            with clock("wait"):
                made = next(found)
            batch, substituted = finish(made)
            faults.count(substituted)
            yield batch
