"""The protocol of an evaluation: what is measured, on which samples, and in which order.

Everything that is chosen (how many neighbours, which penalty) is chosen on a validation split of the training split.
The test split decides nothing. All in single precision, whatever the run was trained in. Processes share what is
measured sample by sample (``training/chunked.py``); the first alone computes what is made of all features.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from shards.read import Shards
from training.featured import RAW, Encoders, Featured
from training.material import Material
from training.modes import evaluating
from training.of_clips import OfClips
from training.of_features import OfFeatures
from training.probes.split import held_out


@dataclass(frozen=True)
class Protocol(OfClips, OfFeatures):
    """What is measured of an encoder, and with which knobs."""

    validation: int = 5000
    """Training samples by which knobs are chosen, at most a tenth of the split; the same in every run."""
    together: int = 128
    """Clips that an encoder sees at once; fewer need less memory. With another number all is measured anew, and
    AutoAttack draws other random numbers."""

    def __post_init__(self) -> None:
        if self.validation < 1 or self.together < 1:
            raise ValueError(f"validation and together must be >= 1, got {self.validation} and {self.together}")

    def __call__(self, encoders: Encoders, material: Material) -> dict:
        """Measure raw pixels and every one of ``encoders``; all numbers, as JSON values, complete on process 0.

        Raises: ``Refusal``, before anything is measured, if another data set or a file that is named cannot be used.
        """
        featured = Featured(encoders, material, self.validation)
        shifted, groups = self.shifts.open(material.train), self.textures.open(material.train)
        with torch.no_grad(), evaluating(*encoders.values()):
            tasks = featured.tasks()
            probes = featured.probes(self.linear, tasks)
            found = self.of_features(featured, tasks, probes, groups)
            classifiers = {name: nn.Sequential(encoders[name], probe) for name, (probe, _) in probes.items()}
            return found | self.of_clips(classifiers, tasks[RAW].asked, shifted, material)

    def held(self, train: Shards) -> np.ndarray:
        """Numbers of the validation samples."""
        return held_out(len(train), self.validation)[0]
