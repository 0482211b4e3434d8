"""From embeddings to the pairs that a rule removes, and what of it to log."""

from functools import reduce
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from training.false_negatives import FalseNegatives
from training.false_negatives.keep_all import KeepAll


class Samples(NamedTuple):
    """Clean embeddings of samples, all their views, with what is known of them."""

    embeddings: Float[Tensor, "n v d"]
    ids: Int[Tensor, " n"]
    """-1 marks an empty place."""
    labels: Int[Tensor, " n"] | None


@torch.no_grad()
def find_suspects(
    rule: FalseNegatives, anchors: Samples, candidates: Samples, progress: float
) -> tuple[Bool[Tensor, "b m"], dict[str, Tensor]]:
    """Pairs of samples to remove, the same for all views of both: their similarity is the largest among views.

    A sample is no candidate of its own, nor is an empty place one of anybody.

    Returns: the mask, and counts that add up over steps and processes: anchors without any negative left and, where a
    rule looks and labels exist, pairs, removed pairs, pairs of one class and removed pairs of one class.
    """
    is_candidate = (anchors.ids[:, None] != candidates.ids[None]) & (candidates.ids >= 0)[None]
    if isinstance(rule, KeepAll):
        return torch.zeros_like(is_candidate), {"stranded": _stranded(is_candidate)}
    similarity = _similarity(anchors.embeddings, candidates.embeddings).masked_fill(~is_candidate, -torch.inf)
    same = None
    if anchors.labels is not None and candidates.labels is not None:
        same = (anchors.labels[:, None] == candidates.labels[None]) & is_candidate
    removed = rule(similarity, same if rule.needs_labels else None, progress)
    counts = {"stranded": _stranded(is_candidate & ~removed), "pairs": is_candidate.sum(), "removed": removed.sum()}
    if same is not None:
        counts |= {"same class": same.sum(), "removed of the same class": (removed & same).sum()}
    return removed, counts


def summarise(counts: dict[str, float]) -> dict[str, float]:
    """Added-up counts as metrics: shares from 0 to 1, absent where nothing was removed or could have been."""
    metrics = {"anchors without negatives": counts["stranded"]} if "stranded" in counts else {}
    parts = {
        "share removed": ("removed", "pairs"),
        "precision": ("removed of the same class", "removed"),
        "recall": ("removed of the same class", "same class"),
    }
    for name, (part, whole) in parts.items():
        if part in counts and counts[whole]:
            metrics[f"false negatives/{name}"] = counts[part] / counts[whole]
    return metrics


def _similarity(anchors: Float[Tensor, "b v d"], candidates: Float[Tensor, "m w d"]) -> Float[Tensor, "b m"]:
    with torch.autocast(anchors.device.type, enabled=False):
        pairs = (view @ other.T for view in anchors.unbind(1) for other in candidates.unbind(1))
        return reduce(torch.maximum, pairs)


def _stranded(negatives: Bool[Tensor, "b m"]) -> Tensor:
    return (~negatives.any(1)).sum()
