"""The newest embedding of every sample of the data set, and in which cluster it was last found."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from shards.refusal import Refusal
from training.false_negatives.rule import Memory
from training.gather import from_first, gather, rank


class BySample(Memory):
    """Embeddings by sample and their clusters, the same on every process.

    Clusters are found anew whenever a further ``refresh`` of the run is over, if as many samples are known by then.
    """

    features: Tensor
    """samples d, in half precision: 256 bytes a sample at d = 128; zero where nothing is known yet"""
    clusters: Tensor
    """samples; -1 where nothing is known yet"""
    refreshed: Tensor
    """How many times ``refresh`` were over when clusters were last looked for."""

    def __init__(self, samples: int, width: int, count: int, refresh: float):
        super().__init__()
        self.count, self.refresh = count, refresh
        self.register_buffer("features", torch.zeros(samples, width, dtype=torch.half))
        self.register_buffer("clusters", torch.full((samples,), -1))
        self.register_buffer("refreshed", torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def advance(self, embeddings: Float[Tensor, "n d"], ids: Int[Tensor, " n"], progress: float) -> None:
        """Keep everybody's embeddings; cluster all that are known, where it is time."""
        embeddings, ids = gather(embeddings), gather(ids)
        order = torch.arange(len(ids), device=ids.device)
        newest = ((ids[:, None] == ids[None]) * order).argmax(1)  # of a sample that is there twice
        self.features[ids] = embeddings[newest].to(self.features.dtype)
        over = int(progress / self.refresh + 1e-6)  # 0.3 is three times 0.1, whatever floats say
        if over > int(self.refreshed):
            self.refreshed.fill_(over)
            self._cluster()

    def _cluster(self) -> None:
        known = self.features.any(1)  # embeddings have length one, so that none is zero
        if int(known.sum()) < self.count:
            return
        if not self.features[known].isfinite().all():  # on all processes, for k-means would fail on one
            raise Refusal("embeddings are no longer numbers, so they have no clusters; lower --optimizer.rate")
        if rank() == 0:
            self.clusters[known] = _k_means(self.features[known], self.count)
        self.clusters.copy_(from_first(self.clusters))


def _k_means(features: Float[Tensor, "n d"], count: int) -> Int[Tensor, " n"]:
    """The cluster of each row, 0 to ``count`` - 1.

    In mini-batches, and to the last of its rounds: scikit-learn adds up the centres of its other form, and what would
    end this one early, in an order that threads decide, and a resumed run shall find the same.
    """
    from sklearn.cluster import MiniBatchKMeans

    rows = torch.nn.functional.normalize(features.float(), dim=1).cpu().numpy()
    means = MiniBatchKMeans(count, random_state=0, max_iter=20, max_no_improvement=None)  # pyright: ignore
    return torch.from_numpy(means.fit_predict(rows)).to(features.device, torch.long)
