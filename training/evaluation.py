"""The protocol of an evaluation: what is measured, on which samples, and in which order.

Everything that is chosen (how many neighbours, which penalty) is chosen on a validation split of the training split.
The test split decides nothing. All in single precision, whatever the run was trained in. Processes share what is
measured sample by sample (``training/chunked.py``); the first alone computes what is made of all features.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from shards.read import Shards
from training.featured import RAW, Encoders, Featured, Probes
from training.material import Material
from training.modes import evaluating
from training.outcomes import Outcomes
from training.probes.alignment import geometry
from training.probes.cues import chance_share, read_cues, shape_share
from training.probes.groups import Groups
from training.probes.knn import KNN
from training.probes.linear import LinearProbe, linear_accuracy
from training.probes.split import held_out
from training.probes.task import Task
from training.probes.textures import Textures
from training.robustness.auto import Auto
from training.robustness.corrupted import Corruptions
from training.robustness.masking import Masking
from training.robustness.radii import Robustness
from training.robustness.shape_bias import CUES
from training.robustness.shifted import Shifted, Shifts


@dataclass(frozen=True)
class Protocol:
    """What is measured of an encoder, and with which knobs."""

    validation: int = 5000
    """Training samples by which knobs are chosen, at most a tenth of the split; the same in every run."""
    together: int = 128
    """Clips that an encoder sees at once; fewer need less memory."""
    knn: KNN = field(default_factory=KNN)
    linear: LinearProbe = field(default_factory=LinearProbe)
    robustness: Robustness = field(default_factory=Robustness)
    corruptions: Corruptions = field(default_factory=Corruptions)
    shifts: Shifts = field(default_factory=Shifts)
    textures: Textures = field(default_factory=Textures)
    auto: Auto = field(default_factory=Auto)
    masking: Masking = field(default_factory=Masking)

    def __post_init__(self) -> None:
        if self.validation < 1 or self.together < 1:
            raise ValueError(f"validation and together must be >= 1, got {self.validation} and {self.together}")

    def __call__(self, encoders: Encoders, material: Material) -> dict:
        """Measure raw pixels and every one of ``encoders``; all numbers, as JSON values, complete on process 0."""
        featured = Featured(encoders, material, self.validation, self.together)
        shifted, groups = self.shifts.open(material.train), self.textures.open(material.train)
        with torch.no_grad(), evaluating(*encoders.values()):
            tasks = featured.tasks()
            probes, views = featured.probes(self.linear, tasks), featured.views()
            found = self._of_features(tasks, probes, material.outcomes) if material.first else {}
            if material.first:
                found["geometry"] = geometry(tasks, views)
            found |= self._of_cues(featured, tasks, probes, groups)
            classifiers = {name: nn.Sequential(encoders[name], probe) for name, (probe, _) in probes.items()}
            return found | self._of_clips(classifiers, tasks, shifted, material)

    def held(self, train: Shards) -> np.ndarray:
        """Numbers of the validation samples."""
        return held_out(len(train), self.validation)[0]

    def _of_features(self, tasks: Mapping[str, Task], probes: Probes, outcomes: Outcomes) -> dict:
        """What needs features alone: the first process computes it."""
        one = tasks[RAW]
        found: dict[str, dict] = {"chance": {fact: 100 / count for fact, count in one.classes.items()}}
        with _timed("kNN"):
            found["knn"] = {name: self.knn(task, outcomes, name) for name, task in tasks.items()}
        if {"shape", "texture"} <= one.classes.keys():
            found["shape share"] = {name: shape_share(task) for name, task in tasks.items()}
            found["chance"]["shape share"] = chance_share(one)
        found["linear"] = {
            name: linear_accuracy(probe, tasks[name], outcomes, name) | {"penalty": penalty}
            for name, (probe, penalty) in probes.items()
        }
        return found

    def _of_cues(
        self, featured: Featured, tasks: Mapping[str, Task], probes: Probes, groups: Groups | None
    ) -> dict[str, dict]:
        """What is known of shape and of texture, and from textures alone: where the samples have what it takes."""
        read = {cue: featured.probes(self.linear, tasks, cue) for cue in CUES if cue in tasks[RAW].classes}
        material, textures = featured.material, featured.textures(tasks)
        found = {}
        if len(read) == len(CUES):
            found["cues"] = read_cues(tasks, read, material.outcomes)
        if textures:
            names = material.train.manifest.classes["label"]
            found["textures"] = self.textures(tasks, textures, probes, read, groups, names, material.outcomes)
        return found

    def _of_clips(
        self, classifiers: Encoders, tasks: Mapping[str, Task], shifted: tuple[Shifted, ...], material: Material
    ) -> dict:
        """What asks classifiers about clips that somebody has changed: all processes share it."""
        test, asked = material.test, tasks[RAW].asked
        found = {
            "robustness": self.robustness(classifiers, test, asked, material),
            "autoattack": self.auto(classifiers, asked, material),
            "masking": self.masking(classifiers, asked, material),  # after what it compares
            "corruptions": self.corruptions(classifiers, test, asked, material),
            **self.shifts(classifiers, shifted, material),
        }
        return {part: numbers for part, numbers in found.items() if numbers}


@contextmanager
def _timed(part: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    print(f"{part}: {time.perf_counter() - began:.1f} s", flush=True)
