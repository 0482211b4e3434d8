"""Features of chosen samples of a data set, computed by all processes together."""

from collections.abc import Sequence

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from jaxtyping import Float
from torch import Tensor, nn
from tqdm import tqdm

from pipelines.faults import Faults
from pipelines.loader import Loader, Place
from shards.refusal import Refusal
from shards.several import DataSet
from training.modes import evaluating


@torch.no_grad()
def extract(
    modules: Sequence[nn.Module],
    loader: Loader,
    shards: DataSet,
    samples: np.ndarray,
    place: Place,
    accelerator: Accelerator,
    title: str = "",
    faults: Faults | None = None,
) -> tuple[list[Float[Tensor, "n _"]], np.ndarray]:
    """Features of those ``samples`` that are sound, by each module in evaluation mode; they are decoded once.

    Args:
        title: Of a progress bar; without one there is none.
        faults: Gets the broken samples.

    Returns: on every process each module's features and the numbers of the samples they belong to, int64 [n], in the
    order of ``samples``.

    Raises: ``Refusal``, on every process, if no sample is sound.
    """
    size = -(-len(samples) // place.world)  # equal parts: the last is padded with samples from the start
    mine = np.resize(samples, size * place.world)[place.rank * size : (place.rank + 1) * size]
    for module in modules:
        for buffer in module.buffers():  # each process has running statistics of its own; those of the first are saved
            broadcast(buffer)
    numbers, parts = [np.empty(0, np.int64)], [[] for _ in modules]
    with (
        evaluating(*modules),
        accelerator.autocast(),
        tqdm(total=len(mine), desc=title, unit="clip", dynamic_ncols=True, disable=not title) as bar,
    ):
        for some, views in loader.sweep(shards, place, mine, faults):
            numbers.append(some)
            for module, found in zip(modules, parts, strict=True):
                found.append(module(views).float())
            bar.update(len(views))
    present = torch.from_numpy(np.isin(mine, np.concatenate(numbers))).to(place.device)
    sound = torch.as_tensor(accelerator.gather(present.int())).bool()[: len(samples)]
    if not sound.any():
        raise Refusal(f"{shards.folder}: none of {len(samples)} samples can be decoded; make the shards again")
    if faults is None and not sound.all() and accelerator.is_main_process:  # nobody keeps a list, so say it here
        print(f"{shards.folder}: {int((~sound).sum())} of {len(samples)} samples cannot be decoded and are left out")
    rows = [_gather_rows(found, present, accelerator)[: len(samples)][sound] for found in parts]
    return rows, samples[sound.cpu().numpy()]


def _gather_rows(parts: list[Tensor], present: Tensor, accelerator: Accelerator) -> Tensor:
    """Everybody's rows, with zeros where one is not ``present``, bool [n].

    A process all of whose samples are broken does not know how wide a row is: the others tell it.
    """
    mine = torch.tensor([parts[0].shape[1] if parts else 0], device=present.device)
    width = int(torch.as_tensor(accelerator.gather(mine)).max())
    rows = torch.zeros(len(present), width, device=present.device)
    if parts:
        rows[present] = torch.cat(parts)
    return torch.as_tensor(accelerator.gather(rows))
