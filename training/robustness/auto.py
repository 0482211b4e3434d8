"""AutoAttack: four attacks without knobs, each on what those before it left standing.

The library ``pyautoattack`` is that of its authors (Croce and Hein). Its standard version is APGD on the cross-entropy,
targeted APGD, targeted FAB (100 steps each) and Square (5000 queries of the logits, without gradients). It takes
pictures: the frames of a clip become their channels, b (t·c) h w, and are frames again before the classifier.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from shards.keyed import uniforms
from shards.refusal import Refusal
from training.chunked import Rows
from training.material import Material
from training.modes import frozen
from training.outcomes import share
from training.probes.split import SPLIT_SEED, chosen
from training.robustness.breaking import refuse_twice

STANDARD = ("apgd-ce", "apgd-t", "fab-t", "square")
TARGETS = 9  # wrong classes that each targeted attack tries, the likeliest first
CLASSES = 4  # the loss of targeted APGD is made of the four largest logits
Norm = Literal["linf", "l2"]


class Pictures(nn.Module):
    """A classifier of clips for who knows pictures alone."""

    def __init__(self, classifier: nn.Module, frames: int):
        super().__init__()
        self.classifier, self.frames = classifier, frames

    def forward(self, pictures: Float[Tensor, "b tc h w"]) -> Float[Tensor, "b k"]:
        return self.classifier(pictures.unflatten(1, (self.frames, -1)))


@dataclass(frozen=True)
class Auto:
    """Accuracy under AutoAttack, standard version. Off until a radius is given: it takes minutes for each."""

    radii: tuple[float, ...] = ()
    """L∞: largest change of a pixel, in 255ths of the way from black to white."""
    radii_l2: tuple[float, ...] = ()
    """L2: Euclidean length of a clip's change, in 255ths, with pixels in 0 … 1."""
    samples: int = 1000
    """Test samples attacked: the first of the order in which PGD attacks them; 0 attacks all."""

    def __post_init__(self) -> None:
        if min(self.radii + self.radii_l2, default=1.0) <= 0 or self.samples < 0:
            raise ValueError(f"need radii > 0, samples >= 0, got {self}")
        refuse_twice(self.radii, self.radii_l2)

    def __call__(self, classifiers: Mapping[str, nn.Module], samples: np.ndarray, material: Material) -> dict:
        """Attack each of ``classifiers``, once for each norm and radius; nothing, if there is no radius.

        Returns: for each, the number of samples and, by norm and radius, accuracies in percent and their standard
        errors without an attack ("clean") and after each of the four.
        """
        found: dict[str, dict] = {}
        linf: list[tuple[Norm, float]] = [("linf", radius) for radius in sorted(self.radii)]
        l2: list[tuple[Norm, float]] = [("l2", radius) for radius in sorted(self.radii_l2)]
        for name, classifier in classifiers.items():
            for norm, radius in linf + l2:
                attacked, rows = self._rows(norm, radius, name, classifier, samples, material)
                one = found.setdefault(name, {"attacked": len(attacked), "linf": {}, "l2": {}})
                one[norm][f"{radius:g}"] = {attack: share(right) for attack, right in rows.items()}
                last = list(rows)[-1]
                material.outcomes.add(f"auto-{norm}/{radius:g}/{name}", attacked, rows[last])
        return found

    def _rows(
        self, norm: Norm, radius: float, name: str, classifier: nn.Module, samples: np.ndarray, material: Material
    ) -> tuple[np.ndarray, Rows]:
        """Chunks of one classifier under one attack: another radius leaves what is there."""
        test = material.test
        labels = material.classes(test, "label", np.arange(len(test)))

        def measure(numbers: np.ndarray, clips: Tensor) -> Rows:
            return attack(classifier, clips, labels[numbers], norm, radius / 255, seed_of(numbers), material.together)

        attacked, rows = material.ask(
            f"AutoAttack {norm} {radius:g} {name}", {"norm": norm, "radius": radius}, {name: classifier}, test,
            chosen(len(test), samples, self.samples), measure,
        )  # fmt: skip
        return attacked, {kind: rows[kind] for kind in ("clean", *STANDARD) if kind in rows}


def attack(
    classifier: nn.Module,
    clips: Float[Tensor, "b t c h w"],
    labels: Int[Tensor, " b"],
    norm: Norm,
    radius: float,
    seed: int,
    together: int = 128,
) -> dict[str, Bool[Tensor, " b"]]:
    """Which clips are answered rightly: without an attack ("clean"), and after each of the four.

    Each targeted attack tries nine wrong classes, or all where there are fewer. With fewer than four classes targeted
    APGD is left out, whose loss would not be defined. ``radius`` is in pixel units, where 1 is from black to white.

    Raises: ``Refusal`` if the library is missing.
    """
    pictures, model = clips.flatten(1, 2).contiguous(), Pictures(classifier, clips.shape[1])
    cuda = [clips.device] if clips.device.type == "cuda" else []
    with torch.no_grad(), frozen(classifier), torch.random.fork_rng(devices=cuda):
        logits = model(pictures[:together])
        auto = _library()(model, norm={"linf": "Linf", "l2": "L2"}[norm], eps=radius, seed=seed, device=clips.device)
        auto.apgd_targeted.n_target_classes = auto.fab.n_target_classes = min(TARGETS, logits.shape[1] - 1)
        right = torch.cat([model(part).argmax(1) for part in pictures.split(together)]) == labels
        found = {"clean": right.clone()}
        for name in STANDARD if logits.shape[1] >= CLASSES else [name for name in STANDARD if name != "apgd-t"]:
            auto.attacks_to_run = [name]
            if len(left := right.nonzero()[:, 0]):
                _, said = auto.run_standard_evaluation(pictures[left], labels[left], batch_size=together)
                right[left] = said == labels[left]
            found[name] = right.clone()
    return found


def seed_of(numbers: np.ndarray) -> int:
    """A chunk's seed, keyed by its first sample."""
    return int(2**32 * uniforms(SPLIT_SEED, "AutoAttack", np.zeros(1, np.int64), numbers[:1], 0, 1)[0, 0])


def _library() -> Any:
    try:
        from pyautoattack import AutoAttack
    except ImportError as error:
        raise Refusal('AutoAttack needs pyautoattack; pip install "antipodal[attack]"') from error
    logging.getLogger("auto-attack").setLevel(logging.CRITICAL)  # else its advice would go to the terminal
    return AutoAttack
