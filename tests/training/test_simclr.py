"""SimCLR as a whole: its loss, its masks, its traces."""

import math

import pytest
import torch

from training.encoders import NarrowResNet
from training.methods import SimCLR


def module(**knobs):
    torch.manual_seed(0)
    return SimCLR(**knobs).build(NarrowResNet(width=4).build()).double().eval()


def views(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.rand(count, 1, 3, 8, 8, dtype=torch.float64, generator=generator) for _ in range(2))


def nt_xent(first, second, temperature):
    """NT-Xent as SimCLR's paper writes it: every view against all others but itself."""
    both, total = torch.cat([first, second]), 0.0
    count = len(first)
    for a in range(2 * count):
        similar = [float(both[a] @ both[b]) / temperature for b in range(2 * count)]
        others = sum(math.exp(s) for b, s in enumerate(similar) if b != a)
        total -= math.log(math.exp(similar[(a + count) % (2 * count)]) / others)
    return total / (2 * count)


def test_is_nt_xent_when_all_ids_differ():
    method, pair = module(temperature=0.3), views(5)
    loss = method(pair, pair[0][:, None][:, :0], torch.arange(5))
    first, second = (method.embed(view).detach() for view in pair)
    assert loss.item() == pytest.approx(nt_xent(first, second, 0.3), rel=1e-9)


def test_equal_ids_are_no_negatives_of_each_other():
    method, pair = module(), views(4)
    none = pair[0][:, None][:, :0]
    twice = tuple(torch.cat([view, view[:1]]) for view in pair)
    ids = torch.tensor([0, 1, 2, 3, 0])
    with_twin = method(twice, torch.cat([none, none[:1]]), ids)
    as_strangers = method(twice, torch.cat([none, none[:1]]), torch.arange(5))
    assert with_twin < as_strangers  # a copy of the anchor is the hardest negative there could be


def test_own_negatives_raise_the_loss_and_get_no_gradient():
    method, pair = module(alpha=2.0), views(4)
    negatives = pair[0][:, None].clone().requires_grad_()
    loss = method(pair, negatives, torch.arange(4))
    loss.backward()
    assert negatives.grad is None and loss > method(pair, negatives[:, :0], torch.arange(4))


def test_negatives_leave_running_statistics_alone():
    method, pair = module().train(), views(4)
    method(pair, pair[0][:, None][:, :0], torch.arange(4))
    plain = {name: buffer.clone() for name, buffer in method.named_buffers()}
    other = module().train()
    other(pair, torch.rand(4, 2, 1, 3, 8, 8, dtype=torch.float64), torch.arange(4))
    assert all(torch.equal(buffer, plain[name]) for name, buffer in other.named_buffers())


def test_a_temperature_of_zero_is_refused():
    with pytest.raises(ValueError, match="temperature must be above 0, got 0.0"):
        SimCLR(temperature=0.0)
