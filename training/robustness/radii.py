"""Accuracy against the radius of an attack."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from shards.keyed import uniforms
from shards.order import permutation
from shards.read import Shards
from training.chunked import Rows, fingerprint
from training.material import Material
from training.modes import evaluating
from training.outcomes import Outcomes
from training.probes.split import SPLIT_SEED
from training.robustness.pgd import PGD, Classifier
from training.values import describe


@dataclass(frozen=True)
class Robustness:
    """Accuracy under PGD on the whole classifier, for several radii, beside that under noise of the same radii.

    Radii are small: encoders that were not trained against attacks are at zero long before the usual 8/255.
    """

    radii: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0)
    """Largest change of a pixel, in 255ths of the way from black to white."""
    attack_steps: int = 20
    """Steps of PGD from a random start."""
    stride: float = 2.5
    """Length of all steps of PGD together, in radii."""
    attacked: int = 1000
    """Test samples attacked: the first of a keyed order, the same in every run; 0 attacks all."""
    together: int = 128
    """Clips attacked together; fewer need less memory."""

    def __post_init__(self) -> None:
        if not self.radii or min(self.radii) <= 0 or self.attacked < 0 or self.together < 1:
            raise ValueError(f"need radii > 0, attacked >= 0, together >= 1, got {self}")

    def __call__(
        self, classifiers: Mapping[str, nn.Module], test: Shards, samples: np.ndarray, material: Material
    ) -> dict[str, dict]:
        """Break each of ``classifiers`` on some of the test split's ``samples``; all see the same clips and starts.

        Returns: for each, the number of samples, and accuracies in percent with their standard errors by radius; radius
        "0" is no attack.
        """
        chosen, labels = self._choose(len(test), samples), material.classes(test, "label", np.arange(len(test)))
        attacks = [PGD(radius / 255, self.attack_steps, self.stride) for radius in sorted(self.radii)]
        kinds = {"pgd": attacks, "noise": [replace(attack, steps=0) for attack in attacks]}

        def measure(numbers: np.ndarray, clips: Tensor) -> Rows:
            answers, start = labels[numbers], random_starts(numbers, clips.shape[1:]).to(clips.device)
            whole = [t.split(self.together) for t in (clips, answers, start)]
            parts = [
                {
                    f"{kind}/{name}": breaking_radii(classifier, some, truth, begin, tried)
                    for name, classifier in classifiers.items()
                    for kind, tried in kinds.items()
                }
                for some, truth, begin in zip(*whole, strict=True)
            ]
            return {cell: torch.cat([part[cell] for part in parts]) for cell in parts[0]}

        identity = {"attack": describe(self), **{name: fingerprint(c) for name, c in classifiers.items()}}
        with evaluating(*classifiers.values()):
            attacked, breaks = material.chunked.rows(
                "attack", identity | material.identity(test), chosen, material.clips(test), measure
            )
        return {
            name: {"attacked": len(attacked)}
            | {kind: self._curve(kind, name, attacked, breaks[f"{kind}/{name}"], material.outcomes) for kind in kinds}
            for name in classifiers
        }

    def _choose(self, count: int, samples: np.ndarray) -> np.ndarray:
        mixed = permutation(count, SPLIT_SEED, 0)
        mixed = mixed[np.isin(mixed, samples)]
        return mixed[: self.attacked] if self.attacked else mixed

    def _curve(
        self, kind: str, name: str, samples: np.ndarray, breaks: Float[Tensor, " n"], outcomes: Outcomes
    ) -> dict[str, dict[str, float]]:
        return {
            f"{radius:g}": outcomes.add(f"{kind}/{radius:g}/{name}", samples, breaks > radius / 255)
            for radius in (0.0, *sorted(self.radii))
        }


def breaking_radii(
    classify: Classifier,
    clips: Float[Tensor, "b t c h w"],
    labels: Int[Tensor, " b"],
    start: Float[Tensor, "b t c h w"],
    attacks: list[PGD],
) -> Float[Tensor, " b"]:
    """The radius of the first of ``attacks`` that breaks each clip: 0 if it is wrong as it is, inf if none does.

    ``attacks`` rise in radius. What a smaller radius broke is not tried again: the larger ball contains that clip too.
    """
    with torch.no_grad():
        right = classify(clips).argmax(1) == labels
    breaks = torch.where(right, torch.inf, 0.0).double()
    for attack in attacks:
        left = breaks.isinf().nonzero()[:, 0]
        if len(left):
            _, broken = attack(classify, clips[left], labels[left], start[left])
            breaks[left[broken]] = attack.radius
    return breaks


def random_starts(samples: np.ndarray, shape: tuple[int, ...]) -> Float[Tensor, "b t c h w"]:
    """Uniform in -1 … 1, a pure function of each sample's number: the same for every encoder."""
    zero, count = np.zeros(1, np.int64), math.prod(shape)
    rows = [uniforms(SPLIT_SEED, "attack", zero, np.array([n]), 0, count)[0].astype(np.float32) for n in samples]
    return torch.from_numpy(np.stack(rows)).view(len(samples), *shape) * 2 - 1
