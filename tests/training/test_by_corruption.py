"""Corruption tables: means in closed form, and AlexNet's own mCE is 100."""

import pytest

from training.robustness.alexnet import ERRORS, mean_corruption_error, of_imagenet
from training.robustness.by_corruption import by_corruption

WNIDS = tuple(f"n{number:08d}" for number in range(1000))


def cells(**means: float) -> dict[str, float]:
    """Accuracies that fall with severity, two points around their mean for each step."""
    return {f"{name}-{s}": mean + 2 * (3 - s) for name, mean in means.items() for s in range(1, 6)}


def test_alexnet_itself_has_a_hundred():
    alexnet = {name: 100 * (1 - error) for name, error in ERRORS.items()}
    assert len(ERRORS) == 15 and mean_corruption_error(alexnet) == pytest.approx(100)
    assert mean_corruption_error(dict.fromkeys(ERRORS, 100.0)) == 0
    found = by_corruption(cells(**alexnet), WNIDS)
    assert found["mCE"] == pytest.approx(100)
    assert found["mean"] == pytest.approx(100 - 100 * sum(ERRORS.values()) / 15)


def test_half_an_error_counts_as_much_where_alexnet_errs_little():
    alexnet = {name: 100 * (1 - error) for name, error in ERRORS.items()}
    better = {**alexnet, "brightness": 100 * (1 - ERRORS["brightness"] / 2)}
    assert mean_corruption_error(better) == pytest.approx(100 * (14 + 0.5) / 15)


def test_the_mean_is_of_the_standard_ones_where_they_are_whole():
    found = by_corruption(cells(**dict.fromkeys(ERRORS, 40.0), spatter=90.0), ("cat", "dog"))
    assert found["mean"] == pytest.approx(40) and found["settings"] == 75 and found["corruptions"]["spatter"] == 90
    assert found["severities"] == pytest.approx({"1": 44, "2": 42, "3": 40, "4": 38, "5": 36})
    assert "mCE" not in found and [*found["corruptions"]] == [*ERRORS, "spatter"]


def test_other_sets_are_means_over_what_there_is():
    found = by_corruption({"fog-1": 60.0, "fog-3": 40.0, "odd-name-1": 20.0}, WNIDS)
    assert found["corruptions"] == {"fog": 50, "odd-name": 20} and found["mean"] == 40 and found["settings"] == 3
    assert "mCE" not in found and found["severities"] == {"1": 40, "3": 40}


@pytest.mark.parametrize("splits", [{}, {"train": 1.0}, {"fog-1": 1.0, "test": 2.0}, {"fog-6": 1.0}])
def test_splits_of_other_names_are_no_corruptions(splits):
    assert by_corruption(splits, WNIDS) == {}


def test_imagenet_is_a_thousand_wnids():
    assert of_imagenet(WNIDS) and not of_imagenet(WNIDS[1:]) and not of_imagenet([f"class {i}" for i in range(1000)])
