"""Which answers were right: kept as they were given, and their share with its standard error."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shards.refusal import Refusal
from training.outcomes import FILE, Outcomes, read_outcomes, share

CELLS = st.dictionaries(
    st.text("abcdefghijklmnopqrstuvwxyz 0123456789./|", min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(0, 2**31 - 1), st.booleans()), max_size=9),
    max_size=5,
)


@given(CELLS)
def test_what_is_saved_is_read(tmp_path_factory, cells):
    folder, outcomes = tmp_path_factory.mktemp("run"), Outcomes()
    cells = {name: pairs or [(0, True)] for name, pairs in cells.items()}
    for name, pairs in cells.items():
        outcomes.add(name, np.array([n for n, _ in pairs]), torch.tensor([r for _, r in pairs]))
    outcomes.save(folder)
    found = read_outcomes(folder)
    assert list(found) == sorted(cells)
    for name, one in found.items():
        assert one.samples.dtype == np.int64 and one.right.dtype == bool
        assert list(zip(one.samples.tolist(), one.right.tolist(), strict=True)) == cells[name]


@given(st.lists(st.booleans(), min_size=2, max_size=50))
def test_share_is_the_mean_and_the_spread_of_a_mean_of_coins(right):
    found, values = share(torch.tensor(right)), [float(one) for one in right]
    mean = sum(values) / len(values)
    deviation = math.sqrt(sum((one - mean) ** 2 for one in values) / len(values))  # the plug-in one, not Bessel's
    assert found["accuracy"] == pytest.approx(100 * mean, abs=1e-9)
    assert found["standard error"] == pytest.approx(100 * deviation / math.sqrt(len(values)), abs=1e-5)


def test_share_of_a_known_case():
    """7 of 10: 70 %, and sqrt(0.7 · 0.3 / 10) = 14.49 %; all or none right has no spread."""
    assert share(torch.arange(10) < 7) == {
        "accuracy": pytest.approx(70),
        "standard error": pytest.approx(14.491, abs=1e-3),
    }
    assert share(torch.ones(3, dtype=torch.bool)) == {"accuracy": 100.0, "standard error": 0.0}
    assert share(torch.zeros(1, dtype=torch.bool)) == {"accuracy": 0.0, "standard error": 0.0}


def test_adding_says_the_share(tmp_path):
    right = torch.tensor([True, False, True])
    assert Outcomes().add("knn/label/trained", np.arange(3), right) == share(right)


def test_a_cell_is_not_lost_to_another_of_its_name():
    outcomes = Outcomes()
    outcomes.add("pgd/8/trained", np.arange(2), torch.tensor([True, False]))
    with pytest.raises(ValueError, match="two parts call a cell 'pgd/8/trained'"):
        outcomes.add("pgd/8/trained", np.arange(2), torch.tensor([True, True]))


def test_a_run_that_was_not_evaluated_has_none_and_a_damaged_file_is_refused(tmp_path):
    assert read_outcomes(tmp_path) == {}
    outcomes = Outcomes()
    outcomes.add("cell", np.arange(64), torch.ones(64, dtype=torch.bool))
    outcomes.save(tmp_path)
    content = bytearray((tmp_path / FILE).read_bytes())
    content[-1] ^= 1
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(Refusal, match=f"is damaged; evaluate again: python training/evaluate.py {tmp_path}"):
        read_outcomes(tmp_path)
