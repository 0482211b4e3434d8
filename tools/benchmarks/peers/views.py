"""What every library of augmentation is asked to do: two complete SimCLR views of each photograph, float 0 to 1.

The law is SimCLR's with antipodal's defaults (colours 0.8, 0.8, 0.8, 0.2); each library draws for itself.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from crops import drain
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

SCALE, JITTER, SIGMA = (0.08, 1.0), (0.8, 0.8, 0.8, 0.2), (0.1, 2.0)


class Views(Dataset):
    """Two views of each of the task's files."""

    def __init__(self, task: dict, view: Callable[[bytes], Tensor]):
        self.files, self.view = task["files"], view

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Tensor:
        return self.view(Path(self.files[index]).read_bytes())


def open_views(task: dict, view: Callable[[bytes], Tensor], on_batch: Callable[[Tensor], Tensor] = lambda b: b):
    """A turn: every file through ``view`` in worker processes, then through ``on_batch``, so many passes."""
    torch.set_num_threads(task["threads"])
    loader = DataLoader(
        Views(task, view), task["batch"], shuffle=True, num_workers=task["threads"], persistent_workers=True
    )
    return lambda add_up: drain((on_batch(batch) for _ in range(task["passes"]) for batch in loader), 1, False)
