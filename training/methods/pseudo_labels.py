"""Labels that nobody gave: clusters of the data set, found once and kept, of several sizes at a time."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from training.false_negatives.newest import Newest


class PseudoLabels(Newest):
    """Clusters of the newest embeddings by sample, the same on every process.

    They are found once, when ``start`` of the run is over and as many samples are known; then embeddings are no longer
    kept. Found again they would have other names, and a classifier would have learned the old ones for nothing. A
    sample that was not seen by then never has a label.
    """

    labels: Tensor
    """clusterings samples; -1 where there is none"""
    found: Tensor
    """Whether clusters were found."""

    def __init__(self, samples: int, width: int, counts: tuple[int, ...], start: float):
        super().__init__(samples, width)
        self.counts, self.start = counts, start
        self.register_buffer("labels", torch.full((len(counts), samples), -1))
        self.register_buffer("found", torch.zeros((), dtype=torch.bool))

    @torch.no_grad()
    def advance(self, embeddings: Float[Tensor, "n d"], ids: Int[Tensor, " n"], progress: float) -> None:
        """Keep everybody's embeddings until it is time to cluster them."""
        if self.found:
            return
        super().advance(embeddings, ids, progress)
        labels = self.cluster(self.counts) if progress >= self.start - 1e-6 else None
        if labels is not None:
            self.labels.copy_(labels)
            self.found.fill_(True)

    def unlabelled(self, ids: Int[Tensor, " b"]) -> Int[Tensor, ""]:
        """How many of these samples have no label."""
        return (self.labels[0, ids] < 0).sum()

    def cross_entropy(self, logits: tuple[Float[Tensor, "b _"], ...], ids: Int[Tensor, " b"]) -> Float[Tensor, ""]:
        """Mean over clusterings and samples; a sample without a label costs nothing, but counts."""
        with torch.autocast(ids.device.type, enabled=False):
            costs = [
                F.cross_entropy(row, labels[ids], ignore_index=-1, reduction="sum") / len(ids)
                for row, labels in zip(logits, self.labels, strict=True)
            ]
            return torch.stack(costs).mean()
