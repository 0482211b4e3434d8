"""From embeddings to the pairs that a rule suspects, and what of it to log."""

from functools import reduce
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from training.false_negatives import FalseNegatives
from training.false_negatives.keep_all import KeepAll
from training.false_negatives.rule import Pairs


class Samples(NamedTuple):
    """Clean embeddings of samples, all their views, with what is known of them."""

    embeddings: Float[Tensor, "n v d"]
    ids: Int[Tensor, " n"]
    """-1 marks an empty place."""
    labels: Int[Tensor, " n"] | None


class Suspects(NamedTuple):
    """Pairs of samples that are taken for one class: one of the two masks, the other is ``None``."""

    removed: Bool[Tensor, "b m"] | None
    attracted: Bool[Tensor, "b m"] | None


class Detector(nn.Module):
    """A rule at work in a method, with what the rule remembers."""

    def __init__(self, rule: FalseNegatives, samples: int, width: int):
        super().__init__()
        self.rule, self.memory = rule, rule.memory(samples, width)

    @property
    def known_to_attack(self) -> bool:
        """Whether the attack too leaves suspects out."""
        return not isinstance(self.rule, KeepAll) and self.rule.in_attack

    @torch.no_grad()
    def forward(self, anchors: Samples, candidates: Samples, progress: float) -> tuple[Suspects, dict[str, Tensor]]:
        """Pairs of samples to treat, the same for all views of both: their similarity is the largest among views.

        A sample is no candidate of its own, nor is an empty place one of anybody.

        Returns: the suspects, and counts that add up over steps and processes: anchors without any negative left and,
        where a rule looks and labels exist, pairs, removed pairs, pairs of one class and removed pairs of one class.
        An attracted pair counts as removed too: it is no negative any more.
        """
        is_candidate = (anchors.ids[:, None] != candidates.ids[None]) & (candidates.ids >= 0)[None]
        if isinstance(self.rule, KeepAll):
            return Suspects(None, None), {"stranded": _stranded(is_candidate)}
        similarity = _similarity(anchors.embeddings, candidates.embeddings).masked_fill(~is_candidate, -torch.inf)
        same = None
        if anchors.labels is not None and candidates.labels is not None:
            same = (anchors.labels[:, None] == candidates.labels[None]) & is_candidate
        known = same if self.rule.needs_labels else None
        pairs = Pairs(similarity, anchors.ids, candidates.ids, known, progress, self.memory)
        found = self.rule(pairs) & is_candidate
        counts = {"stranded": _stranded(is_candidate & ~found), "pairs": is_candidate.sum(), "removed": found.sum()}
        if same is not None:
            counts |= {"same class": same.sum(), "removed of the same class": (found & same).sum()}
        return (Suspects(None, found) if self.rule.action == "attract" else Suspects(found, None)), counts

    def advance(self, embeddings: Float[Tensor, "n d"], ids: Int[Tensor, " n"], progress: float) -> None:
        """Let the rule remember this process's clean embeddings; called once per step, on every process."""
        if self.memory is not None:
            self.memory.advance(embeddings, ids, progress)


def summarise(counts: dict[str, float]) -> dict[str, float]:
    """Added-up counts as metrics, numbers or shares from 0 to 1; the latter are absent where their whole is nothing."""
    numbers = {"anchors without negatives": "stranded", "samples without pseudo-labels": "unlabelled"}
    metrics = {name: counts[part] for name, part in numbers.items() if part in counts}
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
