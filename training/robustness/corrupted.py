"""Accuracy on corrupted clips: what of a classifier survives noise, blur, weather and bad files."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor, nn

from pipelines.corruptions import EXTRA, MOTION, STANDARD
from pipelines.corruptions.corruption import SEVERITIES, SMALLEST, Corruption
from pipelines.corruptions.optional import INSTALL, installed
from training.chunked import Rows, in_parts
from training.material import Material
from training.outcomes import Outcomes
from training.probes.split import chosen
from training.robustness.alexnet import mean_corruption_error, of_imagenet
from training.values import describe


@dataclass(frozen=True)
class Corruptions:
    """Accuracy under the corruptions of ImageNet-C, made of the test split itself; the same pixels in every run.

    They are those of the CPU, whatever computes the rest; nothing is saved as JPEG once more, as ImageNet-C was.
    """

    which: Literal["none", "standard", "all"] = "standard"
    """The fifteen, or also the four that ImageNet-C keeps for validation, which no mean counts; of clips also ours of
    time and codecs, which have a mean of their own."""
    severities: tuple[int, ...] = SEVERITIES
    """1 … 5."""
    samples: int = 1000
    """Test pictures corrupted, the first of a keyed order, the same in every run; a clip counts as many as it has
    frames; 0 corrupts all."""

    def __post_init__(self) -> None:
        if not set(self.severities) <= set(SEVERITIES) or len(set(self.severities)) != len(self.severities):
            raise ValueError(f"severities are different ones of 1 … 5, got {self.severities}")
        if not self.severities or self.samples < 0:
            raise ValueError(f"need a severity, samples >= 0, got {self}")

    def __call__(
        self, classifiers: Mapping[str, nn.Module], samples: np.ndarray, material: Material
    ) -> dict[str, dict]:
        """Corrupt some of the test split's ``samples`` in every way, and ask each of ``classifiers``.

        Returns: for each, accuracies in percent with their standard errors; nothing if there is nothing to corrupt.
        """
        corruptions = self._possible(material.loader.side, material.loader.clip.length)
        if not corruptions:
            return {}
        test = material.test
        labels = material.classes(test, "label", np.arange(len(test)))

        def measure(numbers: np.ndarray, clips: Float[Tensor, "b t c h w"]) -> Rows:
            pixels = (255 * clips).round().to("cpu", torch.uint8)
            right: dict[str, list[Tensor]] = {name: [] for name in classifiers}
            for changed in self._all(corruptions, pixels, numbers):
                seen = changed.to(clips.device).float() / 255
                for name, classifier in classifiers.items():
                    answers = in_parts(classifier, seen, material.together).argmax(1)
                    right[name].append(answers == labels[numbers])
            return {name: torch.stack(answers, 1) for name, answers in right.items()}

        of = {"corruptions": describe(self), "made": [one.name for one in corruptions]}
        some = chosen(len(test), samples, math.ceil(self.samples / material.loader.clip.length))
        with torch.no_grad():
            asked, right = material.ask("corruptions", of, classifiers, test, some, measure)
        imagenet = of_imagenet(test.manifest.classes["label"])
        return {
            name: self._found(name, corruptions, asked, right[name], material.outcomes, imagenet)
            for name in classifiers
        }

    def _possible(self, side: int, frames: int) -> list[Corruption]:
        """What can be done to clips of this side and length, here; what cannot is said."""
        wanted = {"none": (), "standard": STANDARD, "all": STANDARD + EXTRA}[self.which]
        wanted += MOTION if wanted and frames > 1 else ()
        if wanted and side < SMALLEST:
            print(f"corruptions: left out, for they are made for at least {SMALLEST} pixels, and clips have {side}")
            return []
        missing = [one.name for one in wanted if one.optional and not installed()]
        if missing:
            print(f"corruptions: {' and '.join(missing)} left out; to have all: {INSTALL}")
        return [one for one in wanted if one.name not in missing]

    def _all(
        self, corruptions: list[Corruption], pixels: UInt8[Tensor, "b t c h w"], numbers: np.ndarray
    ) -> Iterator[UInt8[Tensor, "b t c h w"]]:
        """The clips as they are, then under each corruption at each severity."""
        yield pixels
        for corruption in corruptions:
            for severity in self.severities:
                yield corruption(pixels, numbers, severity)

    def _found(
        self, name: str, corruptions: list[Corruption], samples: np.ndarray, right: Bool[Tensor, "m n"],
        outcomes: Outcomes, imagenet: bool,
    ) -> dict:  # fmt: skip
        """What one classifier answered: to clean clips in the first column, then as ``_all`` orders them."""
        clean, *columns = right.unbind(1)
        cells = iter(columns)
        each = {
            one.name: {str(s): outcomes.add(f"{one.name}/{s}/{name}", samples, next(cells)) for s in self.severities}
            for one in corruptions
        }
        by_kind = right[:, 1:].unflatten(1, (len(corruptions), -1))
        counted = by_kind[:, [one in STANDARD for one in corruptions]].flatten(1)
        ours = by_kind[:, [one in MOTION for one in corruptions]].flatten(1)
        found = {
            "samples": len(samples),
            "clean": outcomes.add(f"clean/0/{name}", samples, clean),
            "settings": counted.shape[1],
            "mean": _mean(counted),
            **({"motion": _mean(ours)} if ours.numel() else {}),
            "corruptions": each,
        }
        if imagenet and counted.shape[1] == len(STANDARD) * len(SEVERITIES):
            means = {one: sum(cell["accuracy"] for cell in row.values()) / len(row) for one, row in each.items()}
            found["mCE"] = mean_corruption_error(means)
        return found


def _mean(right: Bool[Tensor, "m n"]) -> dict[str, float]:
    """Over samples and settings, in percent; what varies is the sample."""
    shares = 100 * right.double().mean(1)
    return {
        "accuracy": shares.mean().item(),
        "standard error": shares.std(correction=0).item() / math.sqrt(len(shares)),
    }
