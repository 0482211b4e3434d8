"""Attacks on clips move what they may, as far as they may, and reach the closed form of what that can break."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from training.robustness.breaking import random_starts
from training.robustness.extent import Sparse, Universal, Whole
from training.robustness.pgd import PGD

EXTENTS = Whole(), Sparse(1), Sparse(2), Universal()
NORMS = "linf", "l2"
FRAMES = 5


def given_clips(seed=0, low=-0.2, high=1.2, count=6):
    """Clips of 5 frames, some pixels black or white, and a linear classifier of three classes."""
    draw = torch.Generator().manual_seed(seed)
    clips = (low + (high - low) * torch.rand(count, FRAMES, 3, 4, 4, generator=draw)).clamp(0, 1)
    weight = torch.randn(3, clips[0].numel(), generator=draw)
    return clips, weight, lambda shown: shown.flatten(1) @ weight.T - clips.flatten(1).mean(0) @ weight.T


@settings(max_examples=25)
@given(st.integers(0, 999), st.floats(1e-3, 2), st.sampled_from(EXTENTS), st.sampled_from(NORMS), st.integers(0, 3))
def test_only_what_may_change_changes_and_no_further_than_the_radius(seed, radius, extent, norm, steps):
    clips, _, linear = given_clips(seed)
    start = random_starts(np.arange(len(clips)), clips.shape[1:])
    found, _ = PGD(radius, steps, norm=norm, extent=extent)(linear, clips, linear(clips).argmax(1), start)
    change = found.double() - clips.double()
    assert found.min() >= 0 and found.max() <= 1 and change.abs().sum() > 0
    size = change.abs().amax() if norm == "linf" else change.flatten(1).norm(dim=1).amax()
    assert size <= radius * (1 + 1e-5) + 1e-6
    moved = change.abs().amax((0, 2, 3, 4)).nonzero()[:, 0].tolist()
    if isinstance(extent, Sparse):
        assert moved == extent.chosen(FRAMES) and len(moved) == extent.frames
    if isinstance(extent, Universal):
        assert (change - change[:, :1]).abs().max() < 1e-6  # the same in all frames but for rounding


def test_frames_are_evenly_spaced():
    assert Sparse(1).chosen(16) == [8] and Sparse(4).chosen(16) == [2, 6, 10, 14] and Sparse(3).chosen(5) == [0, 2, 4]
    assert Sparse(9).chosen(4) == [0, 1, 2, 3] and Sparse(2).chosen(1) == [0]
    with pytest.raises(ValueError, match="frames must be at least 1, got 0"):
        Sparse(0)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("extent", EXTENTS)
def test_of_two_classes_as_many_are_broken_as_can_be(extent, norm):
    """Of a linear classifier the slope is g; the best change of a part of it, or of the sum over frames, is known."""
    clips, weight, linear = given_clips(low=0.35, high=0.65, count=300)
    two = lambda shown: linear(shown)[:, :2]  # noqa: E731
    labels = two(clips).argmax(1)
    slope = (weight[0] - weight[1]).view(FRAMES, -1).double()
    if isinstance(extent, Sparse):
        slope = slope[extent.chosen(FRAMES)]
    if isinstance(extent, Universal):  # n frames are moved by one change: √n times as long, and that is the radius
        slope = slope.sum(0) / (1 if norm == "linf" else math.sqrt(FRAMES))
    gain = slope.norm(p=1 if norm == "linf" else 2).item()
    lead = (two(clips)[:, 0] - two(clips)[:, 1]).abs().double()
    radius = lead.median().item() / gain  # half of them can be broken
    assert radius < 0.35
    start = random_starts(np.arange(len(clips)), clips.shape[1:])
    attack = PGD(radius, steps=40, stride=16.0, norm=norm, extent=extent)  # in L2 the way of noise is long forgotten
    _, broken = attack(two, clips, labels, start)
    clear = (lead - radius * gain).abs() > 1e-4
    assert torch.equal(broken[clear], (lead < radius * gain)[clear]) and clear.float().mean() > 0.97


@pytest.mark.parametrize("norm", NORMS)
def test_an_image_may_change_as_a_whole_in_all_three_ways(norm):
    clips, _, linear = given_clips()
    image, see = clips[:, :1], lambda shown: linear(shown.expand(-1, FRAMES, -1, -1, -1))
    start = random_starts(np.arange(len(clips)), image.shape[1:])
    ways = [PGD(0.1, 5, norm=norm, extent=e)(see, image, see(image).argmax(1), start)[0] for e in EXTENTS]
    assert all(torch.equal(way, ways[0]) for way in ways)
