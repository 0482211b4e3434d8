"""How features lie: how many directions they use, how compact classes are, and how far from each other.

The argument of 2207.10862: repelled from its own class, a sample leaves it wide and the margins between classes small,
so that a small change of the pixels suffices to leave it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from training.probes.task import Task

EPSILON = 1e-7  # added to singular values' shares, so that their logarithm is finite
MAPPED = 100  # most classes whose map of distances is kept: one of a thousand classes could not be read


def rank_me(features: Float[Tensor, "n d"]) -> float:
    """RankMe: exp of the entropy of the singular values as shares of their sum: 1 … min(n, d) directions in use."""
    values = torch.linalg.svdvals(features.double())
    shares = values / values.sum() + EPSILON
    return (-shares * shares.log()).sum().exp().item()


def class_distances(features: Float[Tensor, "n d"], classes: Int[Tensor, " n"], count: int) -> Float[Tensor, "c c"]:
    """Mean cosine distance of samples of two classes, none of a sample to itself; nan where there is no pair.

    In closed form, without a matrix of all pairs: the sum of x·y over pairs is the product of two sums of unit vectors.
    """
    unit = F.normalize(features.double(), dim=1)
    sums = unit.new_zeros(count, unit.shape[1]).index_add_(0, classes, unit)
    sizes, own = classes.bincount(minlength=count).double(), torch.zeros(count).to(unit)
    own.index_add_(0, classes, unit.square().sum(1))  # of each sample with itself: 1, and 0 of a feature that is zero
    cosines, pairs = sums @ sums.T - own.diag(), sizes.outer(sizes) - sizes.diag()
    return torch.where(pairs > 0, 1 - cosines / pairs, torch.nan)


def same_and_different(distances: Float[Tensor, "c c"], sizes: Int[Tensor, " c"]) -> tuple[float, float]:
    """Mean over all pairs of samples of one class, and over all pairs of two."""
    pairs = (sizes.outer(sizes) - sizes.diag()).double()
    weighted, inside = distances.nan_to_num() * pairs, torch.eye(len(sizes), dtype=torch.bool, device=sizes.device)
    return tuple((weighted[where].sum() / pairs[where].sum()).item() for where in (inside, ~inside))


def margins(features: Float[Tensor, "n d"], classes: Int[Tensor, " n"], count: int) -> Float[Tensor, " m"]:
    """Cosine distance of each sample to the nearest mean of another class, less that to the mean of its own.

    Means are of unit vectors; its own class's is of the others only, so samples that are alone in theirs are left out.
    """
    unit = F.normalize(features.double(), dim=1)
    sums = unit.new_zeros(count, unit.shape[1]).index_add_(0, classes, unit)
    sizes = classes.bincount(minlength=count)
    cosines = unit @ F.normalize(sums, dim=1).T
    cosines[:, sizes == 0] = -torch.inf
    others = cosines.scatter(1, classes[:, None], -torch.inf).amax(1)
    own = (unit * F.normalize(sums[classes] - unit, dim=1)).sum(1)
    return (own - others)[sizes[classes] > 1]  # distances are 1 - cosine


@dataclass(frozen=True)
class Representation:
    """What is said of test samples' features; a sheet shows some of them in two dimensions."""

    shown: int = 2000
    """Test samples on the t-SNE sheet, the same in every run; 0 draws none."""
    perplexity: float = 50.0
    """Of t-SNE: about how many neighbours of each sample count; less where there are few samples."""

    def __post_init__(self) -> None:
        if self.shown < 0 or self.perplexity <= 0:
            raise ValueError(f"need shown >= 0 and perplexity > 0, got {self.shown} and {self.perplexity}")

    def __call__(self, task: Task, names: list[str], places: Mapping[str, np.ndarray]) -> dict:
        """All of one encoder, as JSON values; ``names`` are those of the classes.

        Args:
            places: Of the sheet: rows of the task's test samples, int64 [s], and where they lie, [s, 2]; or nothing.
        """
        classes, count = task.answers["label"][1], len(names)
        distances = class_distances(task.test, classes, count)
        same, different = same_and_different(distances, classes.bincount(minlength=count))
        margin = margins(task.test, classes, count)
        found: dict = {
            "rank": rank_me(task.test), "same": same, "different": different, "margin": margin.mean().item(),
            "negative": 100 * (margin < 0).double().mean().item(),
        }  # fmt: skip
        if count <= MAPPED:
            found["map"] = {"names": names, "distances": distances.cpu().numpy().round(4).tolist()}
        if places:
            x, y = places["places"].round(2).T.tolist()
            rows = places["rows"]
            found["sheet"] = {
                "samples": task.asked[rows].tolist(), "classes": classes.cpu().numpy()[rows].tolist(), "x": x, "y": y,
            }  # fmt: skip
        return found
