"""kNN against scikit-learn, neighbours against a slow search, retrieval by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier

from training.outcomes import Outcomes
from training.probes.knn import knn_accuracy, knn_predict
from training.probes.nearest import CHUNK, find_nearest, largest
from training.probes.retrieval import Retrieval
from training.probes.task import Task


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


@pytest.mark.parametrize(("columns", "count"), [(50, 7), (1000, 7), (1024, 16), (1039, 1), (5003, 50)])
def test_the_largest_of_long_rows_are_those_of_topk(columns, count):
    rows = torch.randn(40, columns, generator=torch.Generator().manual_seed(columns))
    values, places = largest(rows, count)
    reference = rows.topk(count, dim=1)
    assert torch.equal(values, reference.values) and torch.equal(places, reference.indices)


@given(st.integers(1, 6), st.integers(1, 400), st.integers(1, 12), st.integers(0, 9))
def test_equal_numbers_change_no_value_and_no_place_comes_twice(rows, columns, count, seed):
    content = torch.randint(5, (rows, columns), generator=torch.Generator().manual_seed(seed)).float()
    count = min(count, columns)
    values, places = largest(content, count)
    assert torch.equal(values, content.topk(count, dim=1).values) and torch.equal(content.gather(1, places), values)
    assert all(len(set(row)) == count for row in places.tolist())


def test_neighbours_are_those_of_a_slow_search():
    (bank, _), (queries, _) = clouds(700, 0), clouds(CHUNK + 5, 1)
    similarity, places = find_nearest(bank.double(), queries.double(), 9)
    cosines = F.cosine_similarity(queries.double()[:, None], bank.double()[None], dim=2)
    slow = [sorted(range(700), key=lambda n: -row[n])[:9] for row in cosines.tolist()]
    assert places.tolist() == slow
    torch.testing.assert_close(similarity, cosines.gather(1, places))


def test_a_hit_is_any_of_the_first_k():
    bank = torch.tensor([[1.0, 0.0], [1.0, 0.1], [1.0, 0.2], [0.0, 1.0]])
    task = Task(
        bank, torch.tensor([[1.0, 0.0], [0.1, 1.0]]), {"label": (torch.tensor([0, 0, 1, 2]), torch.tensor([1, 2]))},
        torch.zeros(4, dtype=torch.bool), {"label": 3}, np.array([7, 9]),
    )  # fmt: skip
    outcomes = Outcomes()
    found = Retrieval((3, 1, 2))(task, find_nearest(task.train, task.test, 4), outcomes, "net")
    assert {k: cell["accuracy"] for k, cell in found.items()} == {"1": 50, "2": 50, "3": 100} and list(found)[0] == "1"
    assert outcomes.cells["retrieval/2/net"].right.tolist() == [False, True]
    with pytest.raises(ValueError, match="ranks must be at least 1"):
        Retrieval((0, 5))
