"""How far texture alone goes: what learned from images is asked about their textures.

After the analysis of arXiv 2110.14189, whose abstract finds texture "indispensable in classifying particular ImageNet
classes and especially finer classes": by class, and in classes against groups of classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn

from shards.read import Shards
from training.featured import Probes
from training.outcomes import Outcomes, share
from training.probes.groups import Groups, groups_of
from training.probes.task import Task

Right = Mapping[str, Bool[Tensor, " n"]]
"""Which answers were right, about each "image" and about each "texture"."""


@dataclass(frozen=True)
class Textures:
    """Accuracy on the textures that lie beside the test samples, where shards were made with textures."""

    groups: Path | None = None
    """A JSON file from class to group, such as {"n02123045": "cat"}; else the fact "coarse" where shards have it."""

    def open(self, train: Shards) -> Groups | None:
        """The groups of the classes, if any, before anything is measured."""
        return groups_of(train, self.groups)

    def __call__(
        self,
        images: Mapping[str, Task],
        textures: Mapping[str, Task],
        probes: Probes,
        cues: Mapping[str, Probes],
        groups: Groups | None,
        names: Sequence[str],
        outcomes: Outcomes,
    ) -> dict[str, dict]:
        """Ask the ``probes`` of the label, and those of ``cues``, about images and about ``textures``.

        Returns: for each encoder accuracies in percent on images and textures: "fine" in classes and "coarse" in groups
        with standard errors, by class, by group, and of each cue.
        """
        found = {}
        for name, texture in textures.items():
            image, texture = _of_both(images[name], texture)
            truth = image.answers["label"][1]
            decided = {
                "image": probes[name][0](image.test).argmax(1),
                "texture": probes[name][0](texture.test).argmax(1),
            }
            right: dict[str, Right] = {"fine": {of: one == truth for of, one in decided.items()}}
            found[name] = {"classes": shares(right["fine"], truth, names)}
            if groups is not None:
                of_class = torch.as_tensor(groups.of, device=truth.device)
                right["coarse"] = {of: of_class[one] == of_class[truth] for of, one in decided.items()}
                by_group = {kind: shares(each, of_class[truth], groups.names) for kind, each in right.items()}
                found[name]["groups"] = by_group
                size = torch.bincount(of_class, minlength=len(groups.names)) / len(names)
                found[name]["chance in groups"] = 100 * size[of_class[truth]].mean().item()
            for kind, each in right.items():
                cells = {of: outcomes.add(f"texture/{kind}/{of}/{name}", image.asked, one) for of, one in each.items()}
                found[name][kind] = cells
            found[name]["cues"] = {cue: _read(of[name][0], image, texture, cue) for cue, of in cues.items()}
        return found


def shares(right: Right, of: Int[Tensor, " n"], names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Accuracy on images and on textures, in percent, of the samples of each class that has some."""
    counts = torch.bincount(of, minlength=len(names)).tolist()
    means = {
        kind: torch.bincount(of, weights=one.double(), minlength=len(names)).tolist() for kind, one in right.items()
    }
    return {
        name: {kind: 100 * sums[number] / counts[number] for kind, sums in means.items()} | {"samples": counts[number]}
        for number, name in enumerate(names)
        if counts[number]
    }


def _of_both(image: Task, texture: Task) -> tuple[Task, Task]:
    """The samples of which both are sound."""
    both = np.intersect1d(image.asked, texture.asked)
    return image.of(both), texture.of(both)


def _read(probe: nn.Module, image: Task, texture: Task, cue: str) -> dict[str, float]:
    """What a probe of a cue finds in images and in textures: percent right."""
    truth = image.answers[cue][1]
    tests = {"image": image.test, "texture": texture.test}
    return {of: share(probe(test).argmax(1) == truth)["accuracy"] for of, test in tests.items()}
