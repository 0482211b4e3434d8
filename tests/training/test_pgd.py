"""PGD against closed forms, and what it must leave alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from training.modes import evaluating
from training.robustness.breaking import breaking_radii, random_starts
from training.robustness.pgd import PGD, uphill

RADII = [0.002, 0.005, 0.01, 0.02, 0.05]
SHAPE = (2, 3, 4, 4)  # t c h w


def grid(classes=2, count=400, seed=0):
    """A linear classifier and clips far from black and white, so that the ball never leaves true pixels."""
    generator = torch.Generator().manual_seed(seed)
    clips = 0.3 + 0.4 * torch.rand(count, *SHAPE, generator=generator)
    weight = torch.randn(classes, 96, generator=generator)
    bias = -(weight @ clips.flatten(1).mean(0))  # about as many of each class
    return clips, lambda views: views.flatten(1) @ weight.T + bias, weight


def starts(count, shape=SHAPE):
    return random_starts(np.arange(count), shape)


@pytest.mark.parametrize("sureness", [1.0, 3e4])  # logits that far apart leave softmax no slope in single precision
def test_reaches_the_robust_accuracy_of_a_linear_classifier_exactly(sureness):
    clips, linear, weight = grid()
    labels = linear(clips).argmax(1)
    labels[:40] = 1 - labels[:40]  # some are wrong without any attack
    logits = linear(clips)
    margin = logits.gather(1, labels[:, None])[:, 0] - logits.gather(1, 1 - labels[:, None])[:, 0]
    breaks = breaking_radii(lambda v: sureness * linear(v), clips, labels, [starts(400)], [PGD(r) for r in RADII])
    norm = (weight[0] - weight[1]).abs().sum()
    shares = []
    for radius in RADII:
        robust = margin > radius * norm
        clear = (margin - radius * norm).abs() > 1e-4  # rounding may decide the others
        assert torch.equal((breaks > radius)[clear], robust[clear]) and clear.float().mean() > 0.98
        shares.append(robust.float().mean().item())
    assert shares[0] > 0.5 > 0.2 > shares[-1]  # the radii are neither all easy nor all hopeless
    assert (breaks[:40] == 0).all()


def test_uphill_is_the_slope_of_cross_entropy_up_to_a_positive_factor():
    logits = torch.randn(50, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    labels = torch.arange(50) % 7
    (slope,) = torch.autograd.grad(F.cross_entropy(logits, labels, reduction="sum"), logits)
    wrong = 1 - logits.softmax(1).gather(1, labels[:, None])
    torch.testing.assert_close(uphill(logits.detach(), labels) * wrong, slope)


def test_stays_in_the_ball_and_among_true_pixels():
    clips = torch.rand(50, *SHAPE, generator=torch.Generator().manual_seed(3)).round(decimals=1)  # black and white too
    _, linear, _ = grid()
    found, broken = PGD(0.03)(linear, clips, linear(clips).argmax(1), starts(50))
    assert (found - clips).abs().max() <= 0.03 + 1e-6 and found.min() >= 0 and found.max() <= 1
    assert torch.equal(broken, linear(found).argmax(1) != linear(clips).argmax(1))  # what it calls broken is


def test_noise_is_weaker_and_robustness_falls_with_the_radius():
    clips, linear, _ = grid(classes=5)
    labels = linear(clips).argmax(1)
    attacks = [PGD(radius) for radius in RADII]
    aimed = breaking_radii(linear, clips, labels, [starts(400)], attacks)
    noise = breaking_radii(linear, clips, labels, [starts(400)], [replace(attack, steps=0) for attack in attacks])
    assert (aimed <= noise).all() and aimed.isfinite().float().mean() > noise.isfinite().float().mean() + 0.3


def test_more_steps_break_more():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(96, 64), nn.ReLU(), nn.Linear(64, 4)).eval().requires_grad_(False)
    clips, labels = grid()[0], network(grid()[0]).argmax(1)
    shares = [PGD(0.05, steps=n)(network, clips, labels, starts(400))[1].float().mean().item() for n in (0, 1, 20)]
    assert shares[0] < shares[1] < shares[2]


def test_leaves_no_trace():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(0, 1), nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 4))
    network.train()
    network[2].eval()  # mixed modes must come back mixed
    clips = torch.rand(8, 1, 3, 4, 4)
    network(clips).sum().backward()
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    slopes, modes = [p.grad.clone() for p in network.parameters()], [m.training for m in network.modules()]
    with evaluating(network):
        assert not any(module.training for module in network.modules())
        before = clips.clone()
        PGD(0.5)(network, clips, torch.zeros(8, dtype=torch.int64), starts(8, (1, 3, 4, 4)))
    assert torch.equal(clips, before) and not clips.requires_grad
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())
    assert all(torch.equal(p.grad, slope) for p, slope in zip(network.parameters(), slopes, strict=True))
    assert [m.training for m in network.modules()] == modes and all(p.requires_grad for p in network.parameters())


def test_starts_belong_to_samples_and_not_to_batches():
    some = random_starts(np.array([7, 3]), SHAPE)
    assert torch.equal(some[1], random_starts(np.array([3]), SHAPE)[0]) and not torch.equal(some[0], some[1])
    many = random_starts(np.arange(200), SHAPE)
    assert many.min() >= -1 and many.max() <= 1 and abs(many.mean()) < 0.02 and abs(many.var() - 1 / 3) < 0.01


@pytest.mark.parametrize("knobs", [{"radius": 0.0}, {"radius": 0.1, "steps": -1}, {"radius": 0.1, "stride": 0.0}])
def test_impossible_attacks_are_refused(knobs):
    with pytest.raises(ValueError, match="radius > 0, steps >= 0, stride > 0"):
        PGD(**knobs)
