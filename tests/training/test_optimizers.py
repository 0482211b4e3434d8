"""One update against the formula written out; what decays; and that six steps are three and three."""

import pytest
import torch
from torch import nn

from tests.training.batches import batch, build
from training.checkpoints import load_checkpoint, save_checkpoint
from training.methods import MoCo
from training.optimizers import LARS, SGD, AdamW

ALL = [SGD(rate=0.1), LARS(rate=0.5, weight_decay=1e-4), AdamW(rate=0.01)]


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)).double()


def updated(knobs, gradients):
    """Parameters before and after one update for each of ``gradients``, a number that fills all of them."""
    module = network()
    before = [p.detach().clone() for p in module.parameters()]
    optimizer = knobs.build(module)
    for value in gradients:
        for parameter in module.parameters():
            parameter.grad = torch.full_like(parameter, value)
        optimizer.step()
    return before, list(module.parameters())


@pytest.mark.parametrize("exclude", [True, False])
def test_biases_and_norms_decay_only_if_asked(exclude):
    before, after = updated(SGD(rate=0.1, momentum=0.0, weight_decay=0.5, exclude=exclude), [0.0])
    assert torch.allclose(after[0], before[0] * 0.95)
    for old, new in zip(before[1:], after[1:], strict=True):
        assert torch.allclose(new, old if exclude else old * 0.95)


def test_adam_decays_weights_apart_from_its_step():
    rate, decay = 0.1, 0.5
    before, after = updated(AdamW(rate=rate, weight_decay=decay), [2.0])
    for old, new, decays in zip(before, after, [True, False, False, False], strict=True):
        assert torch.allclose(new, old * (1 - rate * decay * decays) - rate)  # the first step is as long as the rate


def adapted(weight, gradient, knobs):
    """What LARS makes of a gradient: as long, before the rate, as ``trust`` of the weights."""
    length, slope = weight.square().sum().sqrt(), gradient.square().sum().sqrt()
    local = knobs.trust * length / (slope + knobs.weight_decay * length + 1e-8)
    return local * (gradient + knobs.weight_decay * weight)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_lars_adapts_each_weight_and_leaves_biases_to_sgd(decay):
    knobs = LARS(rate=0.5, weight_decay=decay, momentum=0.9, trust=0.02)
    before, after = updated(knobs, [2.0, -1.0])
    weight, pushed = before[0], torch.zeros_like(before[0])
    for value in (2.0, -1.0):
        pushed = 0.9 * pushed + adapted(weight, torch.full_like(weight, value), knobs)
        weight = weight - 0.5 * pushed
    assert torch.allclose(after[0], weight, rtol=1e-12)
    for old, new in zip(before[1:], after[1:], strict=True):
        assert torch.allclose(new, old - 0.5 * 2.0 - 0.5 * (0.9 * 2.0 - 1.0))


def test_lars_adapts_biases_too_if_nothing_is_excluded():
    knobs = LARS(rate=0.5, weight_decay=0.1, exclude=False)
    before, after = updated(knobs, [2.0])
    bias, gradient = before[1], torch.full_like(before[1], 2.0)
    assert torch.allclose(after[1], bias - 0.5 * adapted(bias, gradient, knobs), rtol=1e-12)


@pytest.mark.parametrize("knobs", ALL)
def test_all_that_learns_is_in_the_optimizer_once_and_nothing_else(knobs):
    method = build(MoCo(queue=8))
    held = [p for group in knobs.build(method).param_groups for p in group["params"]]
    learned = [*method.encoder.parameters(), *method.head.parameters()]
    assert len(held) == len(learned) and {id(p) for p in held} == {id(p) for p in learned}


def started(knobs):
    method = build(MoCo(queue=8))
    return method, knobs.build(method)


def train(method, optimizer, knobs, steps):
    for step in steps:
        for group in optimizer.param_groups:
            group["lr"] = knobs.rate_at(step, 6)
        given = batch(4, seed=step)
        outcome = method(given)
        outcome.loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        method.advance(outcome, given, 1.0)


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


@pytest.mark.parametrize("knobs", ALL)
def test_three_steps_and_three_from_a_checkpoint_are_six(knobs, tmp_path):
    (whole, whole_state), (half, half_state), (rest, rest_state) = (started(knobs) for _ in range(3))
    train(whole, whole_state, knobs, range(6))
    train(half, half_state, knobs, range(3))
    load_checkpoint(save_checkpoint(tmp_path, 3, half, half_state, {}), rest, rest_state)
    assert same(rest, half) and not same(rest, whole)
    train(rest, rest_state, knobs, range(3, 6))
    assert same(rest, whole)
    kept, resumed = whole_state.state_dict()["state"], rest_state.state_dict()["state"]
    assert kept and kept.keys() == resumed.keys()
    for number, values in kept.items():
        assert values.keys() == resumed[number].keys()
        assert all(torch.equal(value, resumed[number][name]) for name, value in values.items())


@pytest.mark.parametrize("knobs", ALL)
def test_an_optimizer_whose_state_was_cleared_begins_anew(knobs):
    """As after the steps without data, which a run times first."""
    (fresh, fresh_state), (used, used_state) = started(knobs), started(knobs)
    before = {name: tensor.clone() for name, tensor in used.state_dict().items()}
    train(used, used_state, knobs, range(2))
    used.load_state_dict(before)
    used_state.state.clear()
    for method, state in ((fresh, fresh_state), (used, used_state)):
        train(method, state, knobs, range(2))
    assert same(fresh, used)
