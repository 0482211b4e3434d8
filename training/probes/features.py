"""Features of every sample of a data set, computed by all processes together."""

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from jaxtyping import Float
from torch import Tensor, nn

from pipelines.loader import Loader, Place
from shards.read import Shards


@torch.no_grad()
def extract(
    module: nn.Module, loader: Loader, shards: Shards, samples: np.ndarray, place: Place, accelerator: Accelerator
) -> tuple[Float[Tensor, "n d"], np.ndarray]:
    """Features of ``samples`` in evaluation mode, on every process; the module's mode is restored.

    Returns: features and the numbers of the samples they belong to, int64 [n].
    """
    size = -(-len(samples) // place.world)  # equal parts: the last is padded with samples from the start
    mine = np.resize(samples, size * place.world)[place.rank * size : (place.rank + 1) * size]
    training = module.training
    module.eval()
    for buffer in module.buffers():  # each process has running statistics of its own; those of the first are saved
        broadcast(buffer)
    with accelerator.autocast():
        parts = [module(views).float() for views in loader.sweep(shards, place, mine)]
    module.train(training)
    return accelerator.gather(torch.cat(parts))[: len(samples)], samples
