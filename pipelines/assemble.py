"""From decoded pixels to a batch on the device: transfer, augmentation, negatives."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from pipelines.batch import Batch
from pipelines.clock import Clock
from pipelines.draws import Draws
from pipelines.negatives import Negatives
from pipelines.textured import Pixels, seen_as
from pipelines.views import Views

VIEWS = 2


class Decoded(NamedTuple):
    """This process's part of a batch, before its views are made."""

    epochs: np.ndarray
    samples: np.ndarray
    pixels: Pixels
    substituted: int
    """Places that others took for broken samples."""


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

    def __call__(self, decoded: Decoded) -> tuple[Batch, int]:
        """The batch, and how many of its places substitutes took."""
        epochs, samples, pixels, substituted = decoded
        with self.clock("transfer"):
            pixels = pixels.to(self.device)
        draws = draws_of(self.seed, epochs, samples)
        with self.clock("augment"):
            views = tuple(self.views(part, draw) for part, draw in zip(pixels.views, draws, strict=True))
            negatives = self.negatives(seen_as(views[0], pixels.textures, self.views, draws[0]), draws[0])
        classes = None
        if self.labels is not None:
            classes = torch.from_numpy(self.labels[samples].astype(np.int64)).to(self.device)
        return Batch(views, negatives, torch.from_numpy(samples).to(self.device), classes), substituted


def draws_of(seed: int, epochs: np.ndarray, samples: np.ndarray) -> tuple[Draws, ...]:
    """Every view's draws."""
    return tuple(Draws(seed, epochs, samples, view) for view in range(VIEWS))
