"""DynACL's augmentation (Luo et al., 2023): strong at first, then ever weaker."""

from dataclasses import dataclass, field

import numpy as np

from pipelines.boxes import random_boxes
from pipelines.draws import Draws
from pipelines.views.look import Look, drawn
from pipelines.views.simclr import SimCLRViews
from pipelines.views.steps import Blur, ColorJitter


@dataclass(frozen=True)
class AnnealedViews(SimCLRViews):
    """SimCLR's steps, whose strength falls from 1 towards 0 by stairs over the epochs (DynACL, official code).

    Strength multiplies how far crops may be from the largest, colours from their own, and the probabilities of jitter
    and grayscale. Flip and blur stay. It is a function of the epoch of a sample's draw and of nothing else.
    """

    scale: tuple[float, float] = (0.1, 1.0)
    """Share of the picture's area that a crop covers, at strength 1; the smallest rises to the largest."""
    jitter: ColorJitter = field(default_factory=lambda: ColorJitter(0.4, 0.4, 0.4, 0.1))
    blur: Blur = field(default_factory=lambda: Blur(probability=0.0))
    epochs: int = 1000
    """After how many epochs, of the data set that a sample is from, the strength would be 0: those of the run."""
    every: int = 50
    """Epochs from one stair to the next."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.every <= self.epochs:
            raise ValueError(f"every must lie in 1 … epochs, got {self.every} of {self.epochs}")

    def strength(self, epochs: np.ndarray) -> np.ndarray:
        """1 - e / E of each epoch e (counted from 0), where e is rounded down to a stair: float64 [b], 0 to 1."""
        return np.maximum(1 - epochs // self.every * self.every / self.epochs, 0.0)

    def boxes(self, extent: np.ndarray, draws: Draws) -> np.ndarray:
        """Crop boxes, int [b, 4], ever nearer to whole pictures of height and width ``extent`` [b, 2]."""
        (smallest, largest), strength = self.scale, self.strength(draws.epochs)[:, None]
        return random_boxes(extent, draws, (smallest * strength + largest * (1 - strength), largest), self.ratio)

    def look(self, side: int, draws: Draws) -> Look:
        """What is drawn for views of ``side`` pixels, ever nearer to the crops themselves."""
        return drawn(draws, side, self.flip, self.jitter, self.gray, self.blur, self.strength(draws.epochs))
