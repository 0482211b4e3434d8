"""Accuracy on other data sets of the same classes: corrupted, rendered, sketched, or with cues in conflict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn

from shards.read import Shards
from training.chunked import Rows, in_parts
from training.material import Material
from training.outcomes import Outcomes
from training.probes.split import chosen
from training.robustness.by_corruption import by_corruption
from training.robustness.matching import decide, members_of
from training.robustness.shape_bias import CUES, in_conflict, shape_bias
from training.robustness.shift_sets import Shifted, open_shifted


@dataclass(frozen=True)
class Shifts:
    """Accuracy on other data sets whose classes bear the names of the run's; also shape bias where cues contradict."""

    sets: tuple[Path, ...] = ()
    """Data sets made by tools/make_shards.py (imagenet-c, cifar-c, cue-conflict, or ImageNet-R, -Sketch, Stylized by
    folder), each the folder of one split or of several."""
    samples: int = 0
    """Samples of each split: the first of a keyed order, the same in every run; 0 takes all."""

    def __post_init__(self) -> None:
        if self.samples < 0:
            raise ValueError(f"samples must be at least 0, got {self.samples}")

    def open(self, train: Shards) -> tuple[Shifted, ...]:
        """All splits, before anything is measured.

        Raises: ``Refusal`` if a folder is no data set, or has next to no class in common with the training split.
        """
        return open_shifted(self.sets, train)

    def __call__(
        self, classifiers: Mapping[str, nn.Module], asked: Sequence[Shifted], material: Material
    ) -> dict[str, dict[str, dict]]:
        """Ask each of ``classifiers`` about all of ``asked``.

        Of a split only the classes that the classifier knows are possible answers, and only their samples are asked.

        Returns: "shifts": for each classifier and data set the accuracies by split, and a summary if these are
        corruptions; "shape bias": the same of all that have cues in conflict, the test split among them if it has.
        What there is nothing of is not there.
        """
        known = material.train.manifest.classes["label"]
        shifts: dict[str, dict] = {name: {} for name in classifiers}
        biases: dict[str, dict] = {name: {} for name in classifiers}
        own = Shifted("", "test split", material.test, members_of(known, known))
        for one in [*asked, *([own] if in_conflict(own.split.manifest) else [])]:
            samples, decided = self._decide(one, classifiers, material)
            for name, decisions in decided.items():
                if one is not own:
                    cells = shifts[name].setdefault(one.of, {"splits": {}})["splits"]
                    cells[one.name] = _accuracy(one, name, samples, decisions, material.outcomes)
                if in_conflict(one.split.manifest):
                    biases[name][f"{one.of}, {one.name}".strip(", ")] = _bias(one, samples, decisions)
        for of in (of for sets in shifts.values() for of in sets.values()):
            of |= by_corruption({name: cell["accuracy"] for name, cell in of["splits"].items()}, known)
        return {part: by for part, by in {"shifts": shifts, "shape bias": biases}.items() if any(by.values())}

    def _decide(
        self, one: Shifted, classifiers: Mapping[str, nn.Module], material: Material
    ) -> tuple[np.ndarray, dict[str, Int[Tensor, " n"]]]:
        """Which samples are sound, and each classifier's decisions: numbers of the split's classes."""

        def measure(_: np.ndarray, clips: Tensor) -> Rows:
            return {
                name: decide(in_parts(classify, clips, material.together), one.members)
                for name, classify in classifiers.items()
            }

        members = {"members": {str(number): own for number, own in one.members.items()}}
        with torch.no_grad():
            return material.ask(
                f"shift {one.of} {one.name}", members, classifiers, one.split, self._choose(one), measure
            )

    def _choose(self, one: Shifted) -> np.ndarray:
        """Numbers of the samples that are asked, in the order in which they lie."""
        known = np.flatnonzero(np.isin(one.split.labels(), [*one.members]))
        return np.sort(chosen(len(one.split), known, self.samples))


def _accuracy(one: Shifted, name: str, samples: np.ndarray, decided: Tensor, outcomes: Outcomes) -> dict[str, float]:
    labels = one.split.labels()
    right = decided.cpu() == torch.from_numpy(labels[samples].astype(np.int64))
    return outcomes.add(f"shift/{one.of}/{one.name}/{name}", samples, right) | {
        "fingerprint": one.split.manifest.fingerprint,
        "samples": len(samples),
        "of unknown classes": int((~np.isin(labels, [*one.members])).sum()),
        "classes": len(one.members),
    }


def _bias(one: Shifted, samples: np.ndarray, decided: Tensor) -> dict:
    """Of those samples both whose cues the classifier knows."""
    shape, texture = (torch.from_numpy(one.split.labels(cue)[samples].astype(np.int64)) for cue in CUES)
    fair = torch.from_numpy(np.isin(texture.numpy(), [*one.members]))
    names = one.split.manifest.classes["label"]
    return shape_bias(decided.cpu()[fair], shape[fair], texture[fair], names) | {"categories": len(one.members)}
