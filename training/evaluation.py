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
from training.probes.clips import Clips
from training.probes.cues import chance_share, shape_share
from training.probes.knn import KNN
from training.probes.linear import LinearProbe, linear_accuracy
from training.probes.nearest import find_nearest
from training.probes.representation import Representation
from training.probes.retrieval import Retrieval
from training.probes.split import held_out
from training.probes.task import Task
from training.robustness.radii import Robustness


@dataclass(frozen=True)
class Protocol:
    """What is measured of an encoder, and with which knobs."""

    validation: int = 5000
    """Training samples by which knobs are chosen, at most a tenth of the split; the same in every run."""
    together: int = 128
    """Clips that an encoder sees at once; fewer need less memory."""
    knn: KNN = field(default_factory=KNN)
    retrieval: Retrieval = field(default_factory=Retrieval)
    linear: LinearProbe = field(default_factory=LinearProbe)
    clips: Clips = field(default_factory=Clips)
    representation: Representation = field(default_factory=Representation)
    robustness: Robustness = field(default_factory=Robustness)

    def __post_init__(self) -> None:
        if self.validation < 1 or self.together < 1:
            raise ValueError(f"validation and together must be >= 1, got {self.validation} and {self.together}")

    def __call__(self, encoders: Encoders, material: Material) -> dict:
        """Measure raw pixels and every one of ``encoders``; all numbers, as JSON values, complete on process 0."""
        featured = Featured(encoders, material, self.validation, self.together)
        with torch.no_grad(), evaluating(*encoders.values()):
            tasks = featured.tasks()
            probes, views = featured.probes(self.linear, tasks), featured.views()
            spread = self._spread(featured, tasks[RAW].asked)
            sheets = {name: featured.sheet(self.representation, name, tasks[name]) for name in encoders}
            found = self._of_features(tasks, probes, material.outcomes) if material.first else {}
            if material.first:
                found["geometry"] = geometry(tasks, views)
                names = material.test.manifest.classes["label"]
                found["representation"] = {
                    n: self.representation(tasks[n], names, sheet) for n, sheet in sheets.items()
                }
            if material.first and spread:
                videos, clips = spread
                found["clips"] = {
                    name: self.clips(tasks[name].of(videos), clips[name], probes[name][0], self.knn,
                                     found["knn"][name]["label"]["k"], material.outcomes, name)
                    for name in encoders
                }  # fmt: skip
            classifiers = {name: nn.Sequential(encoders[name], probe) for name, (probe, _) in probes.items()}
            return found | self._of_clips(classifiers, tasks, material)

    def held(self, train: Shards) -> np.ndarray:
        """Numbers of the validation samples."""
        return held_out(len(train), self.validation)[0]

    def _of_features(self, tasks: Mapping[str, Task], probes: Probes, outcomes: Outcomes) -> dict:
        """What needs features alone: the first process computes it."""
        one = tasks[RAW]
        found: dict[str, dict] = {"chance": {fact: 100 / count for fact, count in one.classes.items()}}
        found |= {"knn": {}, "retrieval": {}}
        most = max(*self.knn.neighbours, *self.retrieval.ranks)
        for name, task in tasks.items():
            with _timed(f"kNN and retrieval, {name}"):
                nearest = find_nearest(task.train, task.test, most)
                found["knn"][name] = self.knn(task, nearest, outcomes, name)
                found["retrieval"][name] = self.retrieval(task, nearest, outcomes, name)
        if {"shape", "texture"} <= one.classes.keys():
            found["shape share"] = {name: shape_share(task) for name, task in tasks.items()}
            found["chance"]["shape share"] = chance_share(one)
        found["linear"] = {
            name: linear_accuracy(probe, tasks[name], outcomes, name) | {"penalty": penalty}
            for name, (probe, penalty) in probes.items()
        }
        return found

    def _spread(self, featured: Featured, asked: np.ndarray) -> tuple[np.ndarray, dict[str, torch.Tensor]] | None:
        """Which test videos were seen in several clips, and their features; of pictures nothing."""
        several = featured.material.test.manifest.kind == "video" and self.clips.count > 1
        return featured.spread(self.clips.count, asked) if several else None

    def _of_clips(self, classifiers: Encoders, tasks: Mapping[str, Task], material: Material) -> dict:
        """What asks classifiers about clips that somebody has changed: all processes share it."""
        return {"robustness": self.robustness(classifiers, material.test, tasks[RAW].asked, material)}


@contextmanager
def _timed(part: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    print(f"{part}: {time.perf_counter() - began:.1f} s", flush=True)
