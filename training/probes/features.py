"""Features of every sample of a data set, computed by all processes together."""

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from jaxtyping import Float
from torch import Tensor, nn

from pipelines.faults import Faults
from pipelines.loader import Loader, Place
from shards.read import Shards
from shards.refusal import Refusal


@torch.no_grad()
def extract(
    module: nn.Module, loader: Loader, shards: Shards, samples: np.ndarray, place: Place, accelerator: Accelerator,
    faults: Faults | None = None,
) -> tuple[Float[Tensor, "n d"], np.ndarray]:  # fmt: skip
    """Features of those ``samples`` that are sound, in evaluation mode, on every process; the mode is restored.

    Broken samples are noted in ``faults``.

    Returns: features and the numbers of the samples they belong to, int64 [n], in the order of ``samples``.

    Raises: ``Refusal``, on every process, if no sample is sound.
    """
    size = -(-len(samples) // place.world)  # equal parts: the last is padded with samples from the start
    mine = np.resize(samples, size * place.world)[place.rank * size : (place.rank + 1) * size]
    training = module.training
    module.eval()
    for buffer in module.buffers():  # each process has running statistics of its own; those of the first are saved
        broadcast(buffer)
    numbers, parts = [], []
    with accelerator.autocast():
        for some, views in loader.sweep(shards, place, mine, faults):
            numbers.append(some)
            parts.append(module(views).float())
    module.train(training)
    present = np.isin(mine, np.concatenate([*numbers, np.empty(0, np.int64)]))
    features, found = _gather_rows(parts, torch.from_numpy(present).to(place.device), accelerator)
    found = found[: len(samples)]
    if not found.any():
        raise Refusal(f"{shards.folder}: none of {len(samples)} samples can be decoded; make the shards again")
    if faults is None and not found.all() and accelerator.is_main_process:  # nobody keeps a list, so say it here
        print(f"{shards.folder}: {int((~found).sum())} of {len(samples)} samples cannot be decoded and are left out")
    return features[: len(samples)][found], samples[found.cpu().numpy()]


def _gather_rows(parts: list[Tensor], present: Tensor, accelerator: Accelerator) -> tuple[Tensor, Tensor]:
    """Everybody's rows, with zeros where one is not ``present``, bool [n]; and everybody's ``present``.

    A process all of whose samples are broken does not know how wide a row is: the others tell it.
    """
    mine = torch.tensor([parts[0].shape[1] if parts else 0], device=present.device)
    width = int(torch.as_tensor(accelerator.gather(mine)).max())
    rows = torch.zeros(len(present), width, device=present.device)
    if parts:
        rows[present] = torch.cat(parts)
    return torch.as_tensor(accelerator.gather(rows)), torch.as_tensor(accelerator.gather(present.int())).bool()
