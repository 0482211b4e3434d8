"""Whether figures of attacks can be believed: a classifier that hides its slopes looks robust, and is not.

Each check compares two accuracies that are in a known order where attacks do find what there is to find: a larger
radius, more steps, an aim and no limit at all can only help an attack, and so can AutoAttack. FGSM alone "grossly
overestimates" robustness of encoders trained by contrast, as a thesis on CIFAR-10 found: hence the second check.
Each radius is attacked here by itself; elsewhere what a smaller radius breaks counts as broken at larger ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from training.chunked import Rows
from training.material import Material
from training.outcomes import Outcomes
from training.probes.split import chosen
from training.robustness.breaking import Clips, few_at_a_time, random_starts, still_right
from training.robustness.pgd import PGD, Classifier, fgsm, uphill
from training.values import describe

NEARLY_NONE = 1.0  # percent: what may be left where anything may change
SETTLED = 2.0  # points: what more steps may still break
CLOSE = 5.0  # points: what AutoAttack may break beyond PGD
EVERYTHING = 1.0  # the radius that makes any clip of any other

Check = dict[str, float | bool]


@dataclass(frozen=True)
class Masking:
    """Checks against hidden slopes, on few samples; L∞."""

    samples: int = 128
    """Test samples, the first of those that are attacked; 0 leaves the checks out."""
    radius: float = 1.0
    """In 255ths of the way from black to white; twice that is tried too."""
    steps: int = 20
    """Steps of PGD; four times as many are tried too, from another start."""

    def __post_init__(self) -> None:
        if self.samples < 0 or self.radius <= 0 or self.steps < 1:
            raise ValueError(f"need samples >= 0, radius > 0, steps >= 1, got {self}")

    def __call__(
        self, classifiers: Mapping[str, nn.Module], samples: np.ndarray, material: Material
    ) -> dict[str, dict[str, Check]]:
        """By classifier and claim: what was measured and what it may be at most, in percent, and whether that holds.

        Call it when PGD and AutoAttack have run: their outcomes are compared where both tried a radius.
        """
        if not self.samples:
            return {}
        test = material.test
        labels = material.classes(test, "label", np.arange(len(test)))

        def measure(numbers: np.ndarray, clips: Tensor) -> Rows:
            return {
                f"{name}|{what}": row
                for name, classifier in classifiers.items()
                for what, row in self.tried(classifier, clips, labels[numbers], numbers).items()
            }

        _, rows = material.ask(
            "masking", {"masking": describe(self)}, classifiers, test, chosen(len(test), samples, self.samples),
            few_at_a_time(measure, material.together),
        )  # fmt: skip
        shares = {cell: 100 * row.double().mean().item() for cell, row in rows.items()}
        return {
            name: self.checks({cell.partition("|")[2]: p for cell, p in shares.items() if cell.startswith(f"{name}|")})
            | gaps(material.outcomes, name)
            for name in classifiers
        }

    def tried(
        self, classify: Classifier, clips: Clips, labels: Int[Tensor, " b"], numbers: np.ndarray
    ) -> dict[str, Bool[Tensor, " b"]]:
        """Which clips are right under each attack, and which of them give an attack no slope at all."""
        starts = [random_starts(numbers, clips.shape[1:], n).to(clips.device) for n in range(2)]
        radius, still = self.radius / 255, torch.zeros_like(clips)

        def right(attack: PGD, start: Tensor) -> Bool[Tensor, " b"]:
            return still_right(classify, clips, labels, [start], [attack])[:, 1]

        pgd = right(PGD(radius, self.steps), starts[0])
        return {
            "noise": right(PGD(radius, steps=0), starts[1]),  # PGD begins at the other, and would win by it
            "fgsm": right(fgsm(radius), still),
            "pgd": pgd,
            "more": pgd & right(PGD(radius, 4 * self.steps), starts[1]),
            "twice": right(PGD(2 * radius, self.steps), starts[0]),
            "everything": right(PGD(EVERYTHING, self.steps), starts[0]),
            "flat": slopes(classify, clips, labels).flatten(1).abs().amax(1) == 0,
        }

    def checks(self, found: Mapping[str, float]) -> dict[str, Check]:
        """``found`` holds percentages by the names that ``tried`` gives."""
        r = f"{self.radius:g}/255"
        return {
            f"PGD at {2 * self.radius:g}/255 leaves no more than at {r}": check(found["twice"], found["pgd"]),
            f"PGD leaves no more than FGSM, {r}": check(found["pgd"], found["fgsm"]),
            f"PGD leaves no more than noise, {r}": check(found["pgd"], found["noise"]),
            "PGD that may change everything leaves next to nothing": check(found["everything"], NEARLY_NONE),
            f"four times the steps, {r}, break few more": check(found["pgd"] - found["more"], SETTLED),
            "samples whose slope is zero in every pixel": check(found["flat"], 0.0),
        }


def gaps(outcomes: Outcomes, name: str) -> dict[str, Check]:
    """What AutoAttack breaks beyond PGD, at each radius that both tried, on the samples that both saw."""
    found = {}
    for norm, kind, sign in (("linf", "pgd", "L∞"), ("l2", "pgd-l2", "L2")):
        for cell, auto in outcomes.cells.items():
            radius = cell.removeprefix(f"auto-{norm}/").removesuffix(f"/{name}")
            pgd = outcomes.cells.get(f"{kind}/{radius}/{name}")
            if cell == f"auto-{norm}/{radius}/{name}" and pgd is not None:
                _, ours, theirs = np.intersect1d(pgd.samples, auto.samples, return_indices=True)
                gap = 100 * float(pgd.right[ours].mean() - auto.right[theirs].mean())
                found[f"AutoAttack breaks few more than PGD, {sign} {radius}/255"] = check(gap, CLOSE)
    return found


def check(measured: float, limit: float) -> Check:
    """Whether what was measured is not above its limit."""
    return {"measured": measured, "limit": limit, "holds": measured <= limit}


def slopes(classify: Classifier, clips: Clips, labels: Int[Tensor, " b"]) -> Float[Tensor, "b t c h w"]:
    """The way that attacks go first from clean clips."""
    here = clips.detach().requires_grad_()
    with torch.enable_grad():
        logits = classify(here)
    return torch.autograd.grad(logits, here, uphill(logits.detach(), labels))[0]
