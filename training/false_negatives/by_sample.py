"""In which cluster of the data set every sample was last found."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from training.false_negatives.newest import Newest


class BySample(Newest):
    """Embeddings by sample and their clusters, the same on every process.

    Clusters are found anew whenever a further ``refresh`` of the run is over, if as many samples are known by then.
    """

    clusters: Tensor
    """samples; -1 where nothing is known yet"""
    refreshed: Tensor
    """How many times ``refresh`` were over when clusters were last looked for."""

    def __init__(self, samples: int, width: int, count: int, refresh: float):
        super().__init__(samples, width)
        self.count, self.refresh = count, refresh
        self.register_buffer("clusters", torch.full((samples,), -1))
        self.register_buffer("refreshed", torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def advance(self, embeddings: Float[Tensor, "n d"], ids: Int[Tensor, " n"], progress: float) -> None:
        """Keep everybody's embeddings; cluster all that are known, where it is time."""
        super().advance(embeddings, ids, progress)
        over = int(progress / self.refresh + 1e-6)  # 0.3 is three times 0.1, whatever floats say
        if over > int(self.refreshed):
            self.refreshed.fill_(over)
            found = self.cluster((self.count,))
            if found is not None:
                self.clusters.copy_(found[0])
