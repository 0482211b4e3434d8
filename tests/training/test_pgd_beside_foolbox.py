"""PGD and FGSM from the same places as foolbox's, which were written by others: the same clips, step for step."""

import warnings

import pytest
import torch
from torch import nn

from training.robustness.pgd import PGD, fgsm

with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of scipy, about a name that it uses
    import foolbox

COUNT, SHAPE, RADIUS = 64, (2, 3, 6, 6), 0.015


@pytest.fixture(scope="module")
def given():
    """A network with smooth slopes, and clips whose pixels are black or white here and there."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(216, 40), nn.Tanh(), nn.Linear(40, 5)).double().eval()
    network[1].weight.data.mul_(3)
    clips = (torch.rand(COUNT, *SHAPE, dtype=torch.float64) * 1.2 - 0.1).clamp(0, 1)
    return network, clips, network(clips).argmax(1)


@pytest.mark.parametrize("from_noise", [False, True])
@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_pgd(given, norm, from_noise):
    network, clips, labels = given
    attack = {"linf": foolbox.attacks.LinfPGD, "l2": foolbox.attacks.L2PGD}[norm]
    start = torch.rand(clips.shape, dtype=torch.float64) * 2 - 1 if from_noise else torch.zeros_like(clips)
    radius = RADIUS if norm == "linf" else 20 * RADIUS
    begin = start if norm == "linf" or not from_noise else start / start.flatten(1).norm(dim=1).view(-1, 1, 1, 1, 1)
    found, broken = PGD(radius, steps=7, stride=2.1, norm=norm)(network, clips, labels, start)
    with torch.enable_grad():
        other, other_broken = run(attack(rel_stepsize=0.3, steps=7), begin if from_noise else None, given, radius)
    assert 0 < broken.sum() < COUNT and not (other_broken & ~broken).any()
    assert (broken & ~other_broken).sum() <= 2  # ours stops as soon as it is done; theirs may walk back out
    torch.testing.assert_close(found[~broken], other[~broken], rtol=0, atol=1e-9)


def run(attack, start, given, radius):
    """What foolbox finds from ``start``, which it would else draw itself, or from the clean clips."""
    network, clips, labels = given
    attack.random_start = start is not None
    attack.get_random_start = lambda clean, radius: type(clean)(clean.raw + radius * start)
    model = foolbox.PyTorchModel(network, bounds=(0, 1), device="cpu")
    _, found, broken = attack(model, clips, labels, epsilons=radius)
    return found, broken


def test_fgsm(given):
    network, clips, labels = given
    found, broken = fgsm(RADIUS)(network, clips, labels, torch.zeros_like(clips))
    with torch.enable_grad():
        other, other_broken = run(foolbox.attacks.FGSM(), None, given, RADIUS)
    assert torch.equal(broken, other_broken) and 0 < broken.sum() < COUNT
    torch.testing.assert_close(found, other, rtol=0, atol=1e-12)
