"""kNN while training: on samples held out from the bank, all of them from the training split."""

from dataclasses import dataclass

import numpy as np
import torch
from accelerate import Accelerator
from torch import nn

from pipelines.faults import Faults
from pipelines.loader import Loader, Place
from shards.several import DataSet
from training.probes.features import extract
from training.probes.knn import knn_accuracy
from training.probes.split import held_out


@dataclass(frozen=True)
class OnlineKNN:
    """kNN accuracy on the encoder's features, every so many steps. The test split is not touched."""

    every: int = 500
    """Steps between two probes; 0 probes never."""
    bank: int = 4000
    """Samples that vote, at most nine tenths of the split."""
    queries: int = 1000
    """Held-out samples that are classified, at most a tenth of the split. Contrast may have seen them, no vote has."""
    neighbours: int = 20
    temperature: float = 0.1

    def __post_init__(self) -> None:
        if min(self.bank, self.queries, self.neighbours) < 1 or self.every < 0 or self.temperature <= 0:
            raise ValueError(f"need bank, queries, neighbours >= 1, every >= 0, temperature > 0, got {self}")

    def __call__(
        self, encoder: nn.Module, loader: Loader, shards: DataSet, place: Place, accelerator: Accelerator,
        faults: Faults | None = None,
    ) -> dict[str, float]:  # fmt: skip
        """Accuracy in percent for the label and for each fact."""
        held, rest = held_out(len(shards), self.queries)
        wanted = np.concatenate([held, rest[: self.bank]])
        (features,), samples = extract([encoder], loader, shards, wanted, place, accelerator, faults=faults)
        queries = np.isin(samples, held)
        asked, bank = torch.from_numpy(queries), torch.from_numpy(~queries)
        accuracies = {}
        for fact in ("label", *shards.manifest.facts):
            labels = torch.from_numpy(shards.labels(fact)[samples].astype("int64")).to(features.device)
            accuracies[f"knn/{fact}"] = 100 * knn_accuracy(
                features[bank], labels[bank], features[asked], labels[asked], self.neighbours, self.temperature
            )
        return accuracies
