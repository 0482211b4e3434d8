"""A classifier's answers to other classes: by name, masked, and from wnids to categories by mean probability."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from timm.data import ImageNetInfo

from training.robustness.categories import CATEGORIES
from training.robustness.matching import decide, members_of

WNIDS = ImageNetInfo().label_names()


def test_classes_are_matched_by_name_whatever_their_order():
    assert members_of(("cat", "zebra", "ant"), ("ant", "bee", "cat")) == {0: [2], 2: [0]}


def test_the_categories_are_sixteen_without_common_members():
    members = [wnid for wnids in CATEGORIES.values() for wnid in wnids]
    assert len(CATEGORIES) == 16 and len(members) == len(set(members)) and set(members) <= set(WNIDS)
    sizes = {"knife": 1, "airplane": 1, "oven": 1, "car": 3, "truck": 8, "bird": 49, "dog": 109, "cat": 6, "bear": 4}
    assert {name: len(CATEGORIES[name]) for name in sizes} == sizes


@given(st.integers(0, 1000), st.floats(0.1, 30))
def test_decisions_are_those_of_the_mean_probability(seed, spread):
    """Slow version: the softmax in double precision, one category after the other."""
    logits = spread * torch.randn(3, 1000, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    names = tuple(CATEGORIES)
    found = decide(logits, members_of(names, WNIDS))
    for row, decided in zip(logits.numpy(), found.tolist(), strict=True):
        chances = np.exp(row - row.max()) / np.exp(row - row.max()).sum()
        means = [np.mean([chances[WNIDS.index(wnid)] for wnid in CATEGORIES[name]]) for name in names]
        assert decided == int(np.argmax(means))


def test_the_mean_and_not_the_sum_decides():
    logits = torch.full((1, 1000), -20.0)
    logits[0, WNIDS.index(CATEGORIES["knife"][0])] = 1.0
    logits[0, [WNIDS.index(wnid) for wnid in CATEGORIES["dog"]]] = 0.0  # 109 e⁰ in all, more than e¹
    assert decide(logits, members_of(("dog", "knife"), WNIDS)).tolist() == [1]


@given(st.permutations(range(8)), st.integers(2, 8))
def test_single_members_are_the_largest_of_the_logits_that_remain(order, kept):
    logits = torch.randn(20, 8, generator=torch.Generator().manual_seed(kept)) * 1000
    members = {10 + place: [own] for place, own in enumerate(order[:kept])}
    expected = [10 + max(range(kept), key=lambda k: row[order[k]].item()) for row in logits]
    assert decide(logits, members).tolist() == expected


def test_small_probabilities_still_decide():
    logits = torch.tensor([[0.0, -400.0, -300.0]])
    assert decide(logits, {0: [1], 1: [2]}).tolist() == [1]
    assert logits.softmax(1)[0, 1:].tolist() == pytest.approx([0, 0], abs=1e-45)
