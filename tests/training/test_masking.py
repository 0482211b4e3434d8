"""Checks against hidden slopes hold for an honest classifier, and fail for those that hide theirs."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.training.linear_margins import distances, ten_classes
from training.outcomes import Outcomes
from training.robustness.masking import Masking, gaps


def checks(classifier, clips, labels, radius):
    knobs = Masking(radius=255 * radius, steps=10)
    found = knobs.tried(classifier, clips, labels, np.arange(len(clips)))
    return knobs.checks({name: 100 * row.double().mean().item() for name, row in found.items()})


@pytest.fixture(scope="module")
def given():
    """Clips, labels, a classifier, and a radius that breaks half of what is right."""
    clips, labels, linear, weight = ten_classes(count=80)
    return clips, labels, linear, distances(clips, labels, linear, weight, "linf").median().item()


def failed(found):
    return [number for number, one in enumerate(found.values()) if not one["holds"]]


def test_an_honest_classifier_passes(given):
    clips, labels, linear, radius = given
    found = checks(linear, clips, labels, radius)
    assert failed(found) == [] and len(found) == 6
    twice, fgsm, noise, everything, more, flat = (one["measured"] for one in found.values())
    assert 30 < noise < 60 > twice and everything == flat == 0 and fgsm == noise and more <= 2  # all of PGD's share


class Steps(nn.Module):
    """Pixels in stairs: their slope is zero everywhere."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, clips):
        return self.inner((clips * 255).round() / 255 + 0 * clips)


class Misleading(nn.Module):
    """The right logits, whose slope points the wrong way."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, clips):
        logits = self.inner(clips)
        return 2 * logits.detach() - logits


def test_stairs_are_found_out(given):
    clips, labels, linear, radius = given
    found = checks(Steps(linear), clips, labels, radius)
    assert {3, 5} <= set(failed(found)) and list(found.values())[5]["measured"] == 100


def test_slopes_that_point_the_wrong_way_are_found_out(given):
    clips, labels, linear, radius = given
    assert 3 in failed(checks(Misleading(linear), clips, labels, radius))


def test_the_gap_to_autoattack_is_that_on_the_samples_that_both_saw():
    outcomes = Outcomes()
    right = torch.tensor([True, True, True, False, True])
    outcomes.add("pgd/1/net", np.array([7, 3, 5, 1, 2]), right)
    outcomes.add("pgd/2/net", np.array([7, 3, 5, 1, 2]), right)
    outcomes.add("auto-linf/1/net", np.array([3, 7, 1]), torch.tensor([False, True, False]))
    outcomes.add("auto-l2/1/net", np.array([3]), torch.tensor([False]))
    outcomes.add("auto-linf/1/another net", np.array([3]), torch.tensor([True]))
    found = gaps(outcomes, "net")
    assert list(found) == ["AutoAttack breaks few more than PGD, L∞ 1/255"]
    (one,) = found.values()
    assert one == {"measured": pytest.approx(100 / 3), "limit": 5.0, "holds": False}


@pytest.mark.parametrize("knobs", [{"samples": -1}, {"radius": 0.0}, {"steps": 0}])
def test_impossible_knobs_are_refused(knobs):
    with pytest.raises(ValueError, match="need samples >= 0, radius > 0, steps >= 1"):
        Masking(**knobs)
