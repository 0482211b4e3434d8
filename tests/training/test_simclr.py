"""SimCLR as a whole: its loss, its masks, its traces."""

import math

import pytest
import torch

from tests.training.batches import batch, buffers, build, unchanged
from training.false_negatives import Oracle
from training.methods import SimCLR


def nt_xent(first, second, temperature, may_meet=lambda a, b: True):
    """NT-Xent as SimCLR's paper writes it: every view against all others but itself, in plain floats."""
    both, total = torch.cat([first, second]), 0.0
    count = len(first)
    for a in range(2 * count):
        similar = [float(both[a] @ both[b]) / temperature for b in range(2 * count)]
        own = (a + count) % (2 * count)
        others = sum(
            math.exp(s) for b, s in enumerate(similar) if b == own or (b != a and may_meet(a % count, b % count))
        )
        total -= math.log(math.exp(similar[own]) / others)
    return total / (2 * count)


def embedded(method, given):
    return (part.detach() for part in method.embed(torch.cat(given.views)).chunk(2))


def test_is_nt_xent_when_all_ids_differ():
    method, given = build(SimCLR(temperature=0.3)).eval(), batch(5)
    assert method(given).loss.item() == pytest.approx(nt_xent(*embedded(method, given), 0.3), rel=1e-12)


def test_equal_ids_are_no_negatives_of_each_other():
    ids = [0, 1, 2, 3, 0]
    method, given = build(SimCLR()).eval(), batch(5, ids=ids)
    expected = nt_xent(*embedded(method, given), 0.2, lambda a, b: ids[a] != ids[b])
    assert method(given).loss.item() == pytest.approx(expected, rel=1e-12)
    assert method(given).loss.item() < method(batch(5)).loss.item()


def test_an_oracle_removes_the_pairs_of_one_class():
    method, given = build(SimCLR(), Oracle()).eval(), batch(6)
    expected = nt_xent(*embedded(method, given), 0.2, lambda a, b: a % 3 != b % 3)
    outcome = method(given)
    assert outcome.loss.item() == pytest.approx(expected, rel=1e-12)
    assert outcome.counts["removed"] == outcome.counts["same class"] == outcome.counts["removed of the same class"] == 6


def test_own_negatives_raise_the_loss_and_get_no_gradient():
    method, given = build(SimCLR(alpha=2.0)), batch(4, negatives=1)
    given.negatives.requires_grad_()
    loss = method(given).loss
    loss.backward()
    assert given.negatives.grad is None and loss > method(batch(4)).loss


def test_negatives_leave_running_statistics_alone():
    with_them, without = build(SimCLR()), build(SimCLR())
    without(batch(4))
    with_them(batch(4, negatives=2))
    assert unchanged(with_them, buffers(without))


def test_a_temperature_of_zero_is_refused():
    with pytest.raises(ValueError, match="temperature must be above 0, got 0.0"):
        SimCLR(temperature=0.0)
