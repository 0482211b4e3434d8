"""What an evaluation makes of features alone: neighbours, probes, geometry, cues. The first process computes it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from torch import Tensor

from training.featured import RAW, Featured, Probes
from training.probes.alignment import geometry
from training.probes.clips import Clips
from training.probes.cues import chance_share, read_cues, shape_share
from training.probes.groups import Groups
from training.probes.knn import KNN
from training.probes.linear import LinearProbe, linear_accuracy
from training.probes.nearest import find_nearest
from training.probes.representation import Representation
from training.probes.retrieval import Retrieval
from training.probes.task import Task
from training.probes.textures import Textures
from training.processes import all_cores
from training.robustness.shape_bias import CUES

Tasks = Mapping[str, Task]
Spread = tuple[np.ndarray, dict[str, Float[Tensor, "k m d"]]]


class Seen(NamedTuple):
    """What all processes have computed for the first."""

    views: Mapping[str, Float[Tensor, "v n d"]]
    textures: Tasks
    spread: Spread | None
    sheets: Mapping[str, dict[str, np.ndarray]]
    cues: Mapping[str, Probes]


@dataclass(frozen=True)
class OfFeatures:
    """Knobs of what needs features alone."""

    knn: KNN = field(default_factory=KNN)
    retrieval: Retrieval = field(default_factory=Retrieval)
    linear: LinearProbe = field(default_factory=LinearProbe)
    clips: Clips = field(default_factory=Clips)
    representation: Representation = field(default_factory=Representation)
    textures: Textures = field(default_factory=Textures)

    def of_features(self, featured: Featured, tasks: Tasks, probes: Probes, groups: Groups | None) -> dict:
        """All numbers, as JSON values, on the first process; all take part in what has to be computed for them."""
        seen = Seen(
            featured.views(),
            featured.textures(tasks),
            self._spread(featured, tasks),
            {name: featured.sheet(self.representation, name, tasks[name]) for name in featured.encoders},
            {cue: featured.probes(self.linear, tasks, cue) for cue in CUES if cue in tasks[RAW].classes},
        )
        if not featured.material.first:
            return {}
        with all_cores():
            return self._found(featured, tasks, probes, groups, seen)

    def _found(self, featured: Featured, tasks: Tasks, probes: Probes, groups: Groups | None, seen: Seen) -> dict:
        material, one, outcomes = featured.material, tasks[RAW], featured.material.outcomes
        found: dict[str, dict] = {"chance": {fact: 100 / count for fact, count in one.classes.items()}}
        found |= self._neighbours(featured, tasks)
        if len(seen.cues) == len(CUES):
            found["shape share"] = {name: shape_share(task) for name, task in tasks.items()}
            found["chance"]["shape share"] = chance_share(one)
            found["cues"] = read_cues(tasks, seen.cues, outcomes)
        found["linear"] = {
            name: linear_accuracy(probe, tasks[name], outcomes, name) | {"penalty": penalty}
            for name, (probe, penalty) in probes.items()
        }
        names = material.train.manifest.classes["label"]  # the test split has the same
        found["geometry"] = geometry(tasks, seen.views)
        found["representation"] = {n: self.representation(tasks[n], names, sheet) for n, sheet in seen.sheets.items()}
        if seen.spread:
            found["clips"] = self._several(featured, tasks, probes, seen.spread, found["knn"])
        if seen.textures:
            found["textures"] = self.textures(tasks, seen.textures, probes, seen.cues, groups, names, outcomes)
        return found

    def _neighbours(self, featured: Featured, tasks: Tasks) -> dict[str, dict]:
        """kNN and retrieval, by one search."""
        found: dict[str, dict] = {"knn": {}, "retrieval": {}}
        most, outcomes = max(*self.knn.neighbours, *self.retrieval.ranks), featured.material.outcomes
        for name, task in tasks.items():
            with _timed(f"kNN and retrieval, {name}"):
                nearest = find_nearest(task.train, task.test, most)
                found["knn"][name] = self.knn(task, nearest, outcomes, name)
                found["retrieval"][name] = self.retrieval(task, nearest, outcomes, name)
        return found

    def _spread(self, featured: Featured, tasks: Tasks) -> Spread | None:
        """Which test videos were seen in several clips, and their features; of pictures nothing."""
        several = featured.material.test.manifest.kind == "video" and self.clips.count > 1
        return featured.spread(self.clips.count, tasks[RAW].asked) if several else None

    def _several(self, featured: Featured, tasks: Tasks, probes: Probes, spread: Spread, knn: dict) -> dict[str, dict]:
        videos, clips = spread
        return {
            name: self.clips(
                tasks[name].of(videos), clips[name], probes[name][0], self.knn, knn[name]["label"]["k"],
                featured.material.outcomes, name,
            )
            for name in featured.encoders
        }  # fmt: skip


@contextmanager
def _timed(part: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    print(f"{part}: {time.perf_counter() - began:.1f} s", flush=True)
