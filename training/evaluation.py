"""The protocol of an evaluation: what is measured, on which samples, and in which order.

Everything that is chosen (how many neighbours, which penalty) is chosen on a validation split of the training split.
The test split decides nothing. All in single precision, whatever the run was trained in.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from pipelines.chosen import augmented
from pipelines.loader import Loader, Place
from shards.read import Shards
from training.modes import evaluating
from training.probes.alignment import alignment, uniformity
from training.probes.cues import chance_share, shape_share
from training.probes.features import extract
from training.probes.knn import KNN
from training.probes.linear import LinearProbe
from training.probes.pixels import RawPixels, centred
from training.probes.split import SPLIT_SEED, held_out
from training.probes.task import Task
from training.robustness.radii import Robustness

RAW, CENTRED = "raw pixels", "raw pixels, centred"


@dataclass(frozen=True)
class Material:
    """On what encoders are measured, and where."""

    loader: Loader
    train: Shards
    test: Shards
    accelerator: Accelerator
    place: Place

    def classes(self, shards: Shards, fact: str, samples: np.ndarray) -> Tensor:
        return torch.from_numpy(shards.labels(fact)[samples].astype(np.int64)).to(self.place.device)


@dataclass(frozen=True)
class Protocol:
    """What is measured of an encoder, and with which knobs."""

    validation: int = 5000
    """Training samples by which knobs are chosen, at most a tenth of the split; the same in every run."""
    knn: KNN = field(default_factory=KNN)
    linear: LinearProbe = field(default_factory=LinearProbe)
    robustness: Robustness = field(default_factory=Robustness)

    def __call__(self, encoders: Mapping[str, nn.Module], material: Material) -> dict:
        """Measure raw pixels and every one of ``encoders``; all numbers, as JSON values."""
        with _timed("features"):
            tasks, tested = self._tasks(encoders, material)
        one = tasks[RAW]
        found: dict[str, dict] = {"chance": {fact: 100 / count for fact, count in one.classes.items()}}
        with _timed("kNN"):
            found["knn"] = {name: self.knn(task) for name, task in tasks.items()}
            if {"shape", "texture"} <= one.classes.keys():
                found["shape share"] = {name: shape_share(task) for name, task in tasks.items()}
                found["chance"]["shape share"] = chance_share(one)
        with _timed("linear probe"):
            probes = {name: self.linear(tasks[name]) for name in encoders}
        found["linear"] = {name: numbers for name, (_, numbers) in probes.items()}
        with _timed("alignment and uniformity"):
            found["geometry"] = self._geometry(encoders, tasks, material)
        classifiers = {name: nn.Sequential(encoders[name], probe) for name, (probe, _) in probes.items()}
        with _timed("attack"):
            found["robustness"] = self.robustness(classifiers, material.loader, material.test, tested, material.place)
        return found

    def held(self, train: Shards) -> np.ndarray:
        """Numbers of the validation samples."""
        return held_out(len(train), self.validation)[0]

    def _tasks(self, encoders: Mapping[str, nn.Module], material: Material) -> tuple[dict[str, Task], np.ndarray]:
        """What each probe is given, by the name of the features, and the numbers of the test samples."""
        loader, train, test = material.loader, material.train, material.test
        modules = [RawPixels(len(train) + len(test), loader.clip.length, loader.side), *encoders.values()]
        (trains, known), (tests, asked) = (
            extract(modules, loader, split, np.arange(len(split)), material.place, material.accelerator, name)
            for split, name in ((train, "features, train"), (test, "features, test"))
        )
        answers = {
            fact: (material.classes(train, fact, known), material.classes(test, fact, asked))
            for fact in ("label", *train.manifest.facts)
        }
        held = torch.from_numpy(np.isin(known, self.held(train))).to(material.place.device)
        counts = {fact: len(names) for fact, names in train.manifest.classes.items()}
        tasks = {
            name: Task(features, queries, answers, held, counts)
            for name, features, queries in zip((RAW, *encoders), trains, tests, strict=True)
        }
        raw = tasks[RAW]
        tasks[CENTRED] = replace(raw, train=centred(raw.train), test=centred(raw.test))
        return {name: tasks[name] for name in (RAW, CENTRED, *encoders)}, asked

    def _geometry(
        self, encoders: Mapping[str, nn.Module], tasks: Mapping[str, Task], material: Material
    ) -> dict[str, dict[str, float]]:
        """Alignment of two augmented views of the validation samples, uniformity of these samples as they are."""
        samples = self.held(material.train)
        pairs = {name: [] for name in encoders}
        with torch.no_grad(), evaluating(*encoders.values()):
            for views in augmented(material.loader, material.train, material.place, samples, SPLIT_SEED):
                for name, encoder in encoders.items():
                    pairs[name].append(torch.stack([encoder(view) for view in views]))
        return {
            name: {
                "alignment": alignment(*torch.cat(pairs[name], 1)),
                "uniformity": uniformity(tasks[name].train[tasks[name].held]),
            }
            for name in encoders
        }


@contextmanager
def _timed(part: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    print(f"{part}: {time.perf_counter() - began:.1f} s", flush=True)
