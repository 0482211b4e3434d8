"""The learning rate is a pure function of the step."""

import pytest
import torch
from torch import nn

from training.optimizers import SGD


def test_rate_rises_linearly_then_falls_as_a_cosine():
    knobs = SGD(rate=1.0, warmup=0.1)
    rates = [knobs.rate_at(step, 100) for step in range(101)]
    assert rates[:10] == pytest.approx([(step + 1) / 11 for step in range(10)])
    assert rates[10] == 1.0 and rates[55] == pytest.approx(0.5) and rates[100] == pytest.approx(0)
    assert all(a > b for a, b in zip(rates[10:], rates[11:], strict=False))


def test_without_warm_up_it_starts_at_its_highest():
    assert SGD(rate=0.4, warmup=0.0).rate_at(0, 10) == 0.4


def test_biases_and_norms_do_not_decay():
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    optimizer = SGD(rate=0.1, momentum=0.0, weight_decay=0.5).build(network)
    before = [p.clone() for p in network.parameters()]
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    weight, *rest = network.parameters()
    assert torch.allclose(weight, before[0] * (1 - 0.1 * 0.5)) and all(
        torch.equal(a, b) for a, b in zip(rest, before[1:], strict=True)
    )
