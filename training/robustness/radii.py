"""Accuracy against the radius of an attack."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from training.chunked import Rows
from training.material import Material
from training.probes.split import chosen
from training.robustness.breaking import Clips, few_at_a_time, random_starts, refuse_twice, still_right
from training.robustness.extent import Sparse, Universal
from training.robustness.pgd import PGD, fgsm
from training.values import describe

Kinds = dict[str, list[PGD]]
"""Attacks by rising radius, by the name under which they are found."""


@dataclass(frozen=True)
class Robustness:
    """Accuracy of the whole classifier under PGD and FGSM, for several radii, beside that under noise.

    Radii are small: encoders that were not trained against attacks are at zero long before the usual 8/255.
    """

    radii: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0)
    """L∞: largest change of a pixel, in 255ths of the way from black to white."""
    radii_l2: tuple[float, ...] = (8.0, 16.0, 32.0, 64.0)
    """L2: Euclidean length of a clip's change, in 255ths too: 128 is a length of about 0.5 with pixels in 0 … 1, as if
    one pixel went half the way from black to white. None: L2 is not measured."""
    attack_steps: int = 20
    """Steps of PGD from a random start."""
    stride: float = 2.5
    """Length of all steps of PGD together, in radii."""
    restarts: int = 1
    """Random starts of PGD, drawn by sample and restart; a sample is broken if it breaks from any of them."""
    sparse: int = 1
    """Frames of a clip, evenly spaced, that a further PGD (L∞) may change; 0 leaves it out. Images ignore it."""
    universal: bool = True
    """Whether a further PGD (L∞) on clips looks for one change that all frames share. Images ignore it."""
    attacked: int = 1000
    """Test samples attacked: the first of a keyed order, the same in every run; 0 attacks all."""

    def __post_init__(self) -> None:
        radii = (*self.radii, *self.radii_l2)
        if not self.radii or min(radii) <= 0 or self.attacked < 0:
            raise ValueError(f"need radii > 0, attacked >= 0, got {self}")
        if self.restarts < 1 or self.sparse < 0:
            raise ValueError(f"need restarts >= 1, sparse >= 0, got {self.restarts} and {self.sparse}")
        refuse_twice(self.radii, self.radii_l2)

    def __call__(
        self, classifiers: Mapping[str, nn.Module], samples: np.ndarray, material: Material
    ) -> dict[str, dict]:
        """Break each of ``classifiers`` on some of the test split's ``samples``; all see the same clips and starts.

        Returns: for each, the number of samples, and for each kind of attack accuracies in percent with their standard
        errors by radius; radius "0" is no attack.
        """
        test = material.test
        labels = material.classes(test, "label", np.arange(len(test)))
        kinds = self.kinds(material.loader.clip.length)

        def measure(numbers: np.ndarray, clips: Tensor) -> Rows:
            return self._right(classifiers, kinds, numbers, clips, labels[numbers])

        attacked, right = material.ask(
            "attack", {"attack": describe(self)}, classifiers, test, chosen(len(test), samples, self.attacked),
            few_at_a_time(measure, material.together),
        )  # fmt: skip
        return {
            name: {"attacked": len(attacked)}
            | {
                kind: {
                    f"{radius:g}": material.outcomes.add(
                        f"{kind}/{radius:g}/{name}", attacked, right[f"{kind}/{name}"][:, column].contiguous()
                    )
                    for column, radius in enumerate((0, *(attack.radius * 255 for attack in attacks)))
                }
                for kind, attacks in kinds.items()
            }
            for name in classifiers
        }

    def _right(
        self, classifiers: Mapping[str, nn.Module], kinds: Kinds, numbers: np.ndarray, clips: Clips, truth: Tensor
    ) -> Rows:
        """Of each kind and classifier, which clips are right without an attack and at each radius, bool [b, 1+r]."""
        starts = [random_starts(numbers, clips.shape[1:], n).to(clips.device) for n in range(self.restarts)]
        of = {kind: starts if attacks[0].steps else starts[:1] for kind, attacks in kinds.items()}
        of["fgsm"] = [torch.zeros_like(clips)]
        return {
            f"{kind}/{name}": still_right(classifier, clips, truth, of[kind], attacks, apart=kind == "fgsm")
            for name, classifier in classifiers.items()
            for kind, attacks in kinds.items()
        }

    def kinds(self, frames: int) -> Kinds:
        """What is tried on clips of so many frames."""
        pgd = [PGD(r / 255, self.attack_steps, self.stride) for r in sorted(self.radii)]
        far = [PGD(r / 255, self.attack_steps, self.stride, norm="l2") for r in sorted(self.radii_l2)]
        kinds = {
            "pgd": pgd, "fgsm": [fgsm(attack.radius) for attack in pgd], "noise": [replace(a, steps=0) for a in pgd],
            "pgd-l2": far, "noise-l2": [replace(a, steps=0) for a in far],
        }  # fmt: skip
        if frames > 1 and self.sparse:
            kinds["sparse"] = [replace(attack, extent=Sparse(self.sparse)) for attack in pgd]
        if frames > 1 and self.universal:
            kinds["universal"] = [replace(attack, extent=Universal()) for attack in pgd]
        return {kind: attacks for kind, attacks in kinds.items() if attacks}
