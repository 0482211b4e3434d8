"""The newest embedding of every sample of the data set, and clusters of them all."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from shards.refusal import Refusal
from training.false_negatives.rule import Memory
from training.gather import from_first, gather, rank


class Newest(Memory):
    """Embeddings by sample, the same on every process."""

    features: Tensor
    """samples d, in half precision: 256 bytes a sample at d = 128; zero where nothing is known yet"""

    def __init__(self, samples: int, width: int):
        super().__init__()
        self.register_buffer("features", torch.zeros(samples, width, dtype=torch.half))

    @torch.no_grad()
    def advance(self, embeddings: Float[Tensor, "n d"], ids: Int[Tensor, " n"], progress: float) -> None:
        """Keep everybody's embeddings."""
        embeddings, ids = gather(embeddings), gather(ids)
        order = torch.arange(len(ids), device=ids.device)
        newest = ((ids[:, None] == ids[None]) * order).argmax(1)  # of a sample that is there twice
        self.features[ids] = embeddings[newest].to(self.features.dtype)

    def cluster(self, counts: tuple[int, ...]) -> Int[Tensor, "counts samples"] | None:
        """The cluster of every known sample by k-means into each of ``counts``, on every process; -1 where not known.

        ``None`` if fewer samples are known than there shall be clusters. Raises: ``Refusal`` if embeddings are no
        numbers.
        """
        known = self.features.any(1)  # embeddings have length one, so that none is zero
        if int(known.sum()) < max(counts):
            return None
        if not self.features[known].isfinite().all():  # on all processes, for k-means would fail on one
            raise Refusal("embeddings are no longer numbers, so they have no clusters; lower --optimizer.rate")
        found = torch.full((len(counts), len(known)), -1, device=known.device)
        if rank() == 0:
            for clusters, count in zip(found, counts, strict=True):
                clusters[known] = _k_means(self.features[known], count)
        return from_first(found)


def _k_means(features: Float[Tensor, "n d"], count: int) -> Int[Tensor, " n"]:
    """The cluster of each row, 0 to ``count`` - 1.

    In mini-batches, and to the last of its rounds: scikit-learn adds up the centres of its other form, and what would
    end this one early, in an order that threads decide, and a resumed run shall find the same.
    """
    from sklearn.cluster import MiniBatchKMeans

    rows = torch.nn.functional.normalize(features.float(), dim=1).cpu().numpy()
    means = MiniBatchKMeans(count, random_state=0, max_iter=20, max_no_improvement=None)  # pyright: ignore
    return torch.from_numpy(means.fit_predict(rows)).to(features.device, torch.long)
