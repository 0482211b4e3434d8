"""Shape against texture: neighbours that know one of the two, both, or neither."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from training.outcomes import Outcomes
from training.probes.cues import chance_share, shape_share
from training.probes.knn import KNN
from training.probes.nearest import find_nearest
from training.probes.task import Task


def task(train=1600, test=400, classes=4):
    """Shape and texture drawn independently; the features know neither yet."""
    generator = torch.Generator().manual_seed(0)
    facts = {
        fact: tuple(torch.randint(classes, (count,), generator=generator) for count in (train, test))
        for fact in ("shape", "texture")
    }
    nothing = [torch.randn(count, 6, generator=generator) for count in (train, test)]
    counts = dict.fromkeys(("label", *facts), classes)
    held = torch.arange(train) < train // 10
    return Task(*nothing, {"label": facts["shape"], **facts}, held, counts, np.arange(len(nothing[1])))


def knowing(given: Task, **weights: float) -> Task:
    """Features that are nothing but the weighted facts, and a little noise."""
    parts = [
        torch.cat([w * F.one_hot(given.answers[fact][side], 4).float() for fact, w in weights.items()], 1)
        for side in (0, 1)
    ]
    noise = [0.01 * getattr(given, side)[:, :1] for side in ("train", "test")]
    return replace(given, train=torch.cat([parts[0], noise[0]], 1), test=torch.cat([parts[1], noise[1]], 1))


def test_the_share_goes_to_what_the_features_know():
    given = task()
    assert shape_share(knowing(given, shape=1.0)) == 100
    assert shape_share(knowing(given, texture=1.0)) == 0
    assert abs(shape_share(given) - chance_share(given)) < 5 and chance_share(given) == pytest.approx(50)


def test_chance_with_unequal_numbers_of_classes():
    given = replace(task(), classes={"label": 2, "shape": 2, "texture": 5})
    shape, texture = 1 / 2 * 4 / 5, 1 / 5 * 1 / 2
    assert chance_share(given) == pytest.approx(100 * shape / (shape + texture))


def test_no_side_taken_is_no_number():
    given = task(train=10, test=3)
    alike = {fact: (torch.zeros(10, dtype=torch.int64), torch.zeros(3, dtype=torch.int64)) for fact in given.answers}
    assert shape_share(replace(given, answers=alike)) != shape_share(replace(given, answers=alike))  # nan


def asked(given: Task, *neighbours: int) -> dict:
    return KNN(neighbours)(given, find_nearest(given.train, given.test, max(neighbours)), Outcomes(), "net")


def test_knn_answers_every_fact_with_a_k_of_its_own_validation():
    given = knowing(task(), shape=1.0)
    found = asked(given, 1, 50)
    assert found["shape"]["accuracy"] == 100 == found["label"]["accuracy"] and found["texture"]["accuracy"] < 40
    assert found["shape"]["k"] == 1  # of equals the smallest


def test_k_is_chosen_by_held_out_samples_and_not_by_the_test_split():
    given = task()
    features = F.one_hot(given.answers["shape"][0], 4).float()
    noisy = given.answers["shape"][0].clone()
    rest = (~given.held).nonzero()[:, 0]
    noisy[rest[::2]] = torch.randint(4, (len(rest[::2]),), generator=torch.Generator().manual_seed(1))
    lost = replace(
        given,
        train=features + 0.1 * torch.randn(features.shape, generator=torch.Generator().manual_seed(2)),
        test=torch.zeros(len(given.test), 4),
        answers={"label": (noisy, given.answers["shape"][1])},
    )
    assert asked(lost, 1, 100)["label"]["k"] == 100  # one noisy neighbour errs, many do not


@pytest.mark.parametrize("knobs", [{"neighbours": ()}, {"neighbours": (0,)}, {"temperature": 0.0}])
def test_impossible_knobs_are_refused(knobs):
    with pytest.raises(ValueError, match="neighbours >= 1, temperature > 0"):
        KNN(**knobs)
