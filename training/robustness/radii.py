"""Accuracy against the radius of an attack."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from tqdm import tqdm

from pipelines.loader import Loader, Place
from shards.keyed import uniforms
from shards.order import permutation
from shards.read import Shards
from training.modes import evaluating
from training.probes.split import SPLIT_SEED
from training.robustness.pgd import PGD, Classifier


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
        self, classifiers: Mapping[str, nn.Module], loader: Loader, test: Shards, samples: np.ndarray, place: Place
    ) -> dict[str, dict]:
        """Break each of ``classifiers`` on some of the test split's ``samples``; all see the same clips and starts.

        Returns: for each, the number of samples, and accuracies in percent with their standard errors by radius; radius
        "0" is no attack.
        """
        chosen = self._choose(len(test), samples)
        labels = torch.from_numpy(test.labels().astype(np.int64))
        attacks = [PGD(radius / 255, self.attack_steps, self.stride) for radius in sorted(self.radii)]
        kinds = {"pgd": attacks, "noise": [replace(attack, steps=0) for attack in attacks]}
        breaks = {name: {kind: [] for kind in kinds} for name in classifiers}
        clips_of = replace(loader, batch=self.together).sweep(test, place, chosen)
        total = len(chosen) * len(classifiers)
        with (
            evaluating(*classifiers.values()),
            tqdm(total=total, desc="attack", unit="clip", dynamic_ncols=True) as bar,
        ):
            for part, clips in clips_of:
                answers, start = (t.to(place.device) for t in (labels[part], random_starts(part, clips.shape[1:])))
                for name, classifier in classifiers.items():
                    for kind, tried in kinds.items():
                        breaks[name][kind].append(breaking_radii(classifier, clips, answers, start, tried))
                    bar.update(len(clips))
        together = {name: {kind: torch.cat(some) for kind, some in found.items()} for name, found in breaks.items()}
        attacked = len(next(iter(together.values()))["pgd"])
        if attacked < len(chosen):
            print(f"{test.folder}: {len(chosen) - attacked} samples cannot be decoded and are left out")
        return {
            name: {"attacked": attacked} | {kind: self._curve(one) for kind, one in found.items()}
            for name, found in together.items()
        }

    def _choose(self, count: int, samples: np.ndarray) -> np.ndarray:
        mixed = permutation(count, SPLIT_SEED, 0)
        mixed = mixed[np.isin(mixed, samples)]
        return mixed[: self.attacked] if self.attacked else mixed

    def _curve(self, breaks: Float[Tensor, " n"]) -> dict[str, dict[str, float]]:
        curve = {}
        for radius in (0.0, *sorted(self.radii)):
            share = (breaks > radius / 255).double().mean().item()
            error = math.sqrt(share * (1 - share) / len(breaks))
            curve[f"{radius:g}"] = {"accuracy": 100 * share, "standard error": 100 * error}
        return curve


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
