"""kNN against scikit-learn."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.neighbors import KNeighborsClassifier

from training.probes.knn import knn_accuracy, knn_predict


def clouds(count, seed):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 4
    centres = 1.5 * torch.randn(4, 6, generator=torch.Generator().manual_seed(99))
    return centres[labels] + torch.randn(count, 6, generator=generator), labels


@pytest.mark.parametrize("neighbours", [1, 7, 50])
def test_agrees_with_scikit_learn(neighbours):
    (bank, labels), (queries, _) = clouds(300, 0), clouds(1500, 1)  # more queries than go at a time
    reference = KNeighborsClassifier(
        neighbours, metric="cosine", algorithm="brute", weights=lambda distance: np.exp(-distance / 0.1)
    )
    reference.fit(bank.numpy(), labels.numpy())
    ours = knn_predict(bank, labels, queries, neighbours, temperature=0.1).numpy()
    assert (ours == reference.predict(queries.numpy())).mean() > 0.998  # equal votes may fall either way


def test_a_bank_of_the_queries_themselves_is_perfect_with_one_neighbour():
    features, labels = clouds(40, 0)
    assert knn_accuracy(features, labels, features, labels, neighbours=1) == 1.0


def test_shuffled_labels_give_chance():
    (bank, labels), (queries, answers) = clouds(2000, 0), clouds(2000, 1)
    shuffled = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))]
    assert abs(knn_accuracy(bank, shuffled, queries, answers, 1) - 0.25) < 0.05  # five standard errors


def test_a_small_temperature_lets_the_nearest_decide():
    bank = F.normalize(torch.tensor([[1.0, 0.0], [1.0, 0.3], [1.0, 0.31]]), dim=1)
    labels, query = torch.tensor([0, 1, 1]), torch.tensor([[1.0, 0.0]])
    assert (
        knn_predict(bank, labels, query, 3, 1e-3).item() == 0 and knn_predict(bank, labels, query, 3, 10.0).item() == 1
    )
