"""Accuracy against radius on real files: who is attacked, what is counted, and that batching does not matter."""

import math

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch import nn

from pipelines.decoders import Plain
from pipelines.loader import Loader, Place
from shards.order import permutation
from shards.read import Shards
from training.chunked import Chunked
from training.material import Material
from training.probes.split import SPLIT_SEED
from training.robustness.auto import Auto
from training.robustness.breaking import breaking_radii, random_starts
from training.robustness.extent import Sparse
from training.robustness.masking import Masking
from training.robustness.pgd import PGD
from training.robustness.radii import Robustness

EVERY = np.arange(50)


@pytest.fixture(scope="module")
def given(images):
    """A loader, 50 images with labels, and a network that is right about some of them."""
    torch.manual_seed(0)
    loader = Loader(images / "train", batch=8, side=12, decoder=Plain())
    shards = Shards(images / "train")
    network = nn.Sequential(nn.Flatten(), nn.LayerNorm(3 * 144), nn.Linear(3 * 144, 32), nn.ReLU(), nn.Linear(32, 8))
    clips = torch.cat([clips for _, clips in loader.sweep(shards, Place(), EVERY)])
    labels = torch.from_numpy(shards.labels().astype(np.int64))
    solver = torch.optim.Adam(network.parameters(), 3e-3)
    for _ in range(60):
        nn.functional.cross_entropy(network(clips), labels).backward()
        solver.step()
        solver.zero_grad()
    return loader, shards, network, clips, labels


def run(given, folder, samples=EVERY, together=128, **knobs):
    loader, shards, network, _, _ = given
    material = Material(loader, shards, shards, Chunked(folder, Accelerator(cpu=True), Place()), together)
    return Robustness(radii=(1.0, 4.0, 16.0), **knobs)({"net": network}, samples, material)["net"]


def test_is_what_one_big_batch_gives(given, tmp_path):
    _, _, network, clips, labels = given
    found = run(given, tmp_path, together=7, attacked=20)
    chosen = permutation(50, SPLIT_SEED, 0)[:20].copy()
    starts, attacks = random_starts(chosen, clips.shape[1:]), [PGD(r / 255) for r in (1.0, 4.0, 16.0)]
    breaks = breaking_radii(network, clips[chosen], labels[chosen], [starts], attacks)
    assert found["attacked"] == 20 and list(found["pgd"]) == ["0", "1", "4", "16"] == list(found["noise"])
    for radius, point in found["pgd"].items():
        share = (breaks > float(radius) / 255).float().mean().item()
        assert point["accuracy"] == pytest.approx(100 * share)
        assert point["standard error"] == pytest.approx(100 * math.sqrt(share * (1 - share) / 20))
    right = (network(clips[chosen]).argmax(1) == labels[chosen]).float().mean().item()
    assert found["pgd"]["0"]["accuracy"] == found["noise"]["0"]["accuracy"] == pytest.approx(100 * right)
    assert found["pgd"]["16"]["accuracy"] < found["pgd"]["0"]["accuracy"]


def test_samples_that_are_missing_are_not_attacked(given, tmp_path):
    odd = np.arange(1, 50, 2)
    assert run(given, tmp_path, odd, attacked=0)["attacked"] == 25
    assert run(given, tmp_path, odd, attacked=1000)["attacked"] == 25


def test_only_the_fit_survivors_are_attacked_again(given):
    """What the smallest radius broke is not tried at larger ones, and clips that are wrong are not tried at all."""
    _, _, network, clips, labels = given
    seen = []

    def classify(views):
        seen.append(len(views))
        return network(views)

    radii = [1 / 255, 16 / 255]
    breaks = breaking_radii(
        classify, clips, labels, [random_starts(np.arange(50), clips.shape[1:])], [PGD(r) for r in radii]
    )
    survivors = [int((breaks > radius).sum()) for radius in (0, *radii)]
    assert seen[:2] == [50, survivors[0]] and survivors[1] in seen[2:] and sorted(seen, reverse=True) == seen


def test_restarts_break_more_and_never_less(given):
    _, _, network, clips, labels = given
    starts = [random_starts(np.arange(50), clips.shape[1:], n) for n in range(4)]
    assert not torch.equal(starts[0], starts[1])
    attacks = [PGD(r / 255, steps=1, stride=0.1) for r in (2, 8, 16)]
    breaks = [breaking_radii(network, clips, labels, starts[:n], attacks) for n in (1, 2, 4)]
    assert (breaks[0] >= breaks[1]).all() and (breaks[1] >= breaks[2]).all() and (breaks[0] > breaks[2]).any()
    alone = torch.stack([breaking_radii(network, clips, labels, [start], attacks) for start in starts])
    assert torch.equal(breaks[2], alone.amin(0))  # broken by any


def test_each_kind_of_attack_is_found(given, tmp_path):
    found = run(given, tmp_path, radii_l2=(32.0, 256.0), restarts=2)
    assert list(found) == ["attacked", "pgd", "fgsm", "noise", "pgd-l2", "noise-l2"]
    assert list(found["pgd-l2"]) == ["0", "32", "256"] == list(found["noise-l2"])
    assert len({found[kind]["0"]["accuracy"] for kind in list(found)[1:]}) == 1
    assert all(found["pgd"][r]["accuracy"] <= found["fgsm"][r]["accuracy"] for r in ("1", "4", "16"))
    assert found["pgd-l2"]["256"]["accuracy"] < found["noise-l2"]["256"]["accuracy"]


def test_autoattack_is_off_until_a_radius_is_given(given, tmp_path):
    loader, shards, network, _, _ = given
    material = Material(loader, shards, shards, Chunked(tmp_path, Accelerator(cpu=True), Place()))
    assert (
        Auto()({"net": network}, EVERY, material) == {} and Masking(samples=0)({"net": network}, EVERY, material) == {}
    )


def test_only_clips_are_attacked_in_part():
    part = Robustness(radii_l2=(), sparse=2)
    assert list(part.kinds(1)) == ["pgd", "fgsm", "noise"]
    assert list(part.kinds(16)) == ["pgd", "fgsm", "noise", "sparse", "universal"]
    assert part.kinds(16)["sparse"][0].extent == Sparse(2)
    assert list(Robustness(sparse=0, universal=False).kinds(16)) == list(Robustness().kinds(1))


@pytest.mark.parametrize("knobs", [{"restarts": 0}, {"sparse": -1}])
def test_less_than_one_start_is_refused(knobs):
    with pytest.raises(ValueError, match="need restarts >= 1, sparse >= 0"):
        Robustness(**knobs)


@pytest.mark.parametrize("knobs", [{"radii": ()}, {"radii": (0.0,)}, {"attacked": -1}])
def test_impossible_knobs_are_refused(knobs):
    with pytest.raises(ValueError, match="need radii > 0"):
        Robustness(**knobs)
