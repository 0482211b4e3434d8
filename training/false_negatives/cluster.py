"""Suspect what lies in one cluster of the whole data set, found anew as the encoder improves.

After IFND (Chen et al., 2022, arXiv 2106.03719), which we know at second hand only: k-means over the data set, and more
suspects as time goes on. Its confidence in each assignment is not known to us; here the schedule's cap takes the
most similar first, which is ours, as are all defaults.
"""

from dataclasses import dataclass

from jaxtyping import Bool
from torch import Tensor

from shards.refusal import Refusal
from training.false_negatives.by_sample import BySample
from training.false_negatives.rule import Pairs, Suspecting


@dataclass(frozen=True)
class Cluster(Suspecting):
    """Suspect candidates in the anchor's cluster, by k-means over embeddings that are kept from step to step.

    A sample has a cluster once it was seen before the last clustering: nothing is suspected in the first epoch.
    """

    clusters: int = 100
    refresh: float = 0.05
    """Share of the run between two clusterings."""

    def __post_init__(self) -> None:
        if self.clusters < 2 or not 0 < self.refresh <= 1:
            raise ValueError(f"need clusters >= 2 and refresh, a share, above 0 and at most 1, got {self}")

    def check(self, samples: int) -> None:
        if samples < self.clusters:
            raise Refusal(
                f"cluster cannot part {samples} samples into {self.clusters} clusters; "
                f"give --false-negatives.clusters at most {samples}"
            )

    def memory(self, samples: int, width: int) -> BySample:
        return BySample(samples, width, self.clusters, self.refresh)

    def __call__(self, pairs: Pairs) -> Bool[Tensor, "b m"]:
        assert isinstance(pairs.memory, BySample)
        mine = pairs.memory.clusters[pairs.anchors]
        theirs = pairs.memory.clusters[pairs.candidates.clamp(min=0)]  # an empty place is no candidate to the schedule
        suspected = (mine[:, None] == theirs[None]) & (mine >= 0)[:, None]
        return self.schedule.cap(suspected, pairs.similarity, pairs.progress)
