"""AutoAttack: closed forms, clips as pictures, and that it leaves no trace."""

import sys

import numpy as np
import pytest
import torch
from torch import nn

from shards.refusal import Refusal
from tests.training.linear_margins import distances, ten_classes
from training.robustness.auto import STANDARD, Auto, attack, seed_of
from training.robustness.pgd import PGD, fgsm


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_pgd_and_fgsm_reach_the_robust_accuracy_of_ten_linear_classes(norm):
    clips, labels, linear, weight = ten_classes(count=300)
    distance = distances(clips, labels, linear, weight, norm)
    radius = distance.clamp(min=0).median().item()
    assert radius < 0.3
    start = torch.zeros_like(clips)
    clear = (distance - radius).abs() > 1e-3 * radius
    robust = distance > radius
    attacks = [PGD(radius, norm=norm)] + [fgsm(radius)] * (norm == "linf")
    for one in attacks:
        _, broken = one(linear, clips, labels, start)
        assert torch.equal(broken[clear], ~robust[clear]) and clear.float().mean() > 0.97
    assert 0.4 < robust.float().mean() < 0.6


@pytest.mark.long
@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_reaches_the_robust_accuracy_of_ten_linear_classes_exactly(norm):
    clips, labels, linear, weight = ten_classes(count=60)
    distance = distances(clips, labels, linear, weight, norm)
    radius = distance.clamp(min=0).median().item()
    found = attack(linear, clips, labels, norm, radius, seed=1)
    clear = (distance - radius).abs() > 1e-3 * radius
    assert list(found) == ["clean", *STANDARD]
    assert torch.equal(found["square"][clear], (distance > radius)[clear]) and clear.float().mean() > 0.95
    assert torch.equal(found["clean"], linear(clips).argmax(1) == labels)


class Averaged(nn.Module):
    """Three classes, told by the mean colour of a clip's frames; refuses what is no clip of two frames."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(10.0))

    def forward(self, clips):
        assert clips.shape[1:3] == (2, 3)
        return self.scale * clips.mean((1, 3, 4))


def test_sees_clips_as_pictures_with_few_classes_and_leaves_no_trace(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw = torch.Generator().manual_seed(0)
    clips = 0.4 + 0.2 * torch.rand(6, 2, 3, 6, 6, generator=draw)
    model = Averaged()
    means = clips.mean((1, 3, 4))
    labels = means.argmax(1)
    labels[0] = (labels[0] + 1) % 3
    order = means.sort(1).values
    lead = order[:, 2] - order[:, 1]
    radius = lead.median().item() / 2 * 1.2  # two colours may move towards each other
    global_state = torch.get_rng_state()
    found = attack(model, clips, labels, "linf", radius, seed=3)
    assert list(found) == ["clean", "apgd-ce", "fab-t", "square"]  # targeted APGD needs four classes
    robust = (lead > 2 * radius) & (torch.arange(6) > 0)
    assert torch.equal(found["square"], robust) and found["clean"].tolist() == [False] + [True] * 5
    assert torch.equal(global_state, torch.get_rng_state())
    assert model.scale.grad is None and model.scale.requires_grad
    said = capfd.readouterr()
    assert said.out == said.err == "" and not list(tmp_path.iterdir())


def test_seeds_belong_to_chunks():
    assert seed_of(np.array([3, 4])) == seed_of(np.array([3, 9])) != seed_of(np.array([4, 3]))
    assert 0 <= seed_of(np.array([0])) < 2**32


def test_without_the_library_one_is_told_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyautoattack", None)
    clips = torch.rand(2, 2, 3, 6, 6)
    with pytest.raises(Refusal, match=r'pip install "antipodal\[attack\]"'):
        attack(Averaged(), clips, torch.zeros(2, dtype=torch.int64), "linf", 0.1, seed=0)


@pytest.mark.parametrize("knobs", [{"radii": (0.0,)}, {"radii_l2": (-1.0,)}, {"samples": -1}])
def test_impossible_knobs_are_refused(knobs):
    with pytest.raises(ValueError, match="need radii > 0, samples >= 0"):
        Auto(**knobs)
