"""What an evaluation asks classifiers about clips that somebody has changed: all processes share it."""

from dataclasses import dataclass, field

import numpy as np

from training.featured import Encoders
from training.material import Material
from training.robustness.auto import Auto
from training.robustness.corrupted import Corruptions
from training.robustness.masking import Masking
from training.robustness.radii import Robustness
from training.robustness.shifted import Shifted, Shifts


@dataclass(frozen=True)
class OfClips:
    """Knobs of what changes clips."""

    robustness: Robustness = field(default_factory=Robustness)
    auto: Auto = field(default_factory=Auto)
    masking: Masking = field(default_factory=Masking)
    corruptions: Corruptions = field(default_factory=Corruptions)
    shifts: Shifts = field(default_factory=Shifts)

    def of_clips(
        self, classifiers: Encoders, asked: np.ndarray, shifted: tuple[Shifted, ...], material: Material
    ) -> dict:
        """All numbers, as JSON values; of ``asked``, the numbers of the sound test samples, and of other data sets."""
        found = {
            "robustness": self.robustness(classifiers, asked, material),
            "autoattack": self.auto(classifiers, asked, material),
            "masking": self.masking(classifiers, asked, material),  # after what it compares
            "corruptions": self.corruptions(classifiers, asked, material),
            **self.shifts(classifiers, shifted, material),
        }
        return {part: numbers for part, numbers in found.items() if numbers}
