"""Features in two dimensions, for people to look at: t-SNE. Distances on the sheet are no measurement."""

import numpy as np
from jaxtyping import Float
from sklearn.manifold import TSNE
from torch import Tensor

from shards.order import permutation
from training.probes.split import SPLIT_SEED

SEED = 42  # as for the other knobs below: 2207.10862's authors' own analysis


def shown(count: int, most: int) -> np.ndarray:
    """Which of so many samples are on the sheet, int64 rising: the same in every run; 0 shows none."""
    return np.sort(permutation(count, SPLIT_SEED, 0)[:most])


def flattened(features: Float[Tensor, "n d"], perplexity: float) -> np.ndarray:
    """Where t-SNE puts features on a sheet, from their principal components on: float32 [n, 2]."""
    content = features.float().cpu().numpy()
    if not np.ptp(content, axis=0).any():  # a collapsed encoder: no principal components to start from
        return np.zeros((len(content), 2), np.float32)
    least = min(perplexity, max((len(content) - 1) / 3, 1))  # t-SNE needs more samples than neighbours that count
    return TSNE(2, perplexity=least, init="pca", random_state=SEED).fit_transform(content)
