"""Weighted k-nearest-neighbour classification of features: what an encoder is worth without any training on top."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

CHUNK = 1024  # queries at a time, so that the similarity matrix stays small


def knn_predict(
    bank: Float[Tensor, "n d"],
    labels: Int[Tensor, " n"],
    queries: Float[Tensor, "q d"],
    neighbours: int,
    temperature: float,
) -> Int[Tensor, " q"]:
    """Classes by vote of the ``neighbours`` most similar bank features, each weighing exp(cosine / temperature)."""
    bank, neighbours = F.normalize(bank, dim=1), min(neighbours, len(bank))
    classes = int(labels.max()) + 1
    predicted = []
    for part in F.normalize(queries, dim=1).split(CHUNK):
        similarity, nearest = (part @ bank.T).topk(neighbours, dim=1)
        votes = torch.zeros(len(part), classes, device=bank.device)
        votes.scatter_add_(1, labels[nearest], ((similarity - similarity[:, :1]) / temperature).exp())
        predicted.append(votes.argmax(1))
    return torch.cat(predicted)


def knn_accuracy(
    bank: Float[Tensor, "n d"],
    labels: Int[Tensor, " n"],
    queries: Float[Tensor, "q d"],
    answers: Int[Tensor, " q"],
    neighbours: int = 200,
    temperature: float = 0.1,
) -> float:
    """Share of queries whose class is found, 0 to 1."""
    return (knn_predict(bank, labels, queries, neighbours, temperature) == answers).float().mean().item()
