"""Which samples were answered rightly: every accuracy of an evaluation is a mean of these, and stays one.

They are kept in RUN/outcomes.safetensors, so that runs can be compared sample by sample.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from shards.refusal import Refusal
from training.sealed import read_sealed, save_sealed

FILE = "outcomes.safetensors"


class Outcome(NamedTuple):
    """Who was asked, and whose answer was right."""

    samples: np.ndarray
    """Numbers in the split, int64 [m]."""
    right: np.ndarray
    """bool [m]"""


class Outcomes:
    """All of an evaluation, by cell: part, what was done to the samples, encoder, such as "pgd/8/trained"."""

    def __init__(self) -> None:
        self.cells: dict[str, Outcome] = {}

    def add(self, cell: str, samples: np.ndarray, right: Bool[Tensor, " m"]) -> dict[str, float]:
        """Keep a cell. Returns: its accuracy and standard error in percent, as JSON values.

        Raises: ``ValueError`` if there is a cell of this name already.
        """
        if cell in self.cells:
            raise ValueError(f"two parts call a cell {cell!r}, and one would be lost; give one another name")
        self.cells[cell] = Outcome(samples, right.cpu().numpy())
        return share(right)

    def save(self, folder: Path) -> None:
        """Write all cells beside a run's numbers."""
        tensors = {
            f"{cell}|samples": torch.from_numpy(one.samples.astype(np.int32)) for cell, one in self.cells.items()
        }
        tensors |= {f"{cell}|right": torch.from_numpy(one.right) for cell, one in self.cells.items()}
        save_sealed(folder / FILE, tensors)


def read_outcomes(folder: Path) -> Mapping[str, Outcome]:
    """The cells of a run; none, if it was never evaluated.

    Raises: ``Refusal`` if the file is damaged.
    """
    file = folder / FILE
    tensors = read_sealed(file) if file.is_file() else {}
    if tensors is None:
        raise Refusal(f"{file} is damaged; evaluate again: python training/evaluate.py {folder}")
    cells = sorted({name.rpartition("|")[0] for name in tensors})
    return {
        cell: Outcome(tensors[f"{cell}|samples"].numpy().astype(np.int64), tensors[f"{cell}|right"].numpy())
        for cell in cells
    }


def share(right: Bool[Tensor, " m"]) -> dict[str, float]:
    """Accuracy and its standard error, both in percent."""
    mean = right.double().mean().item()
    return {"accuracy": 100 * mean, "standard error": 100 * math.sqrt(mean * (1 - mean) / len(right))}
