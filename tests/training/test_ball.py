"""Attacks stay in their ball and among true pixels, climb, and take steps of one length."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from training.attacks.ball import Ball, lengths

NORMS = "linf", "l2"
SHAPE = 3, 2, 3, 4, 4
PIXELS = 96  # of a clip
dtypes = st.sampled_from([torch.float32, torch.float64])
seeds = st.integers(0, 2**32)


def clips(seed: int, dtype=torch.float32, edge: float = 0.2) -> torch.Tensor:
    """Pixels between 0 and 1, some of them at the very ends."""
    draw = torch.Generator().manual_seed(seed)
    return (torch.rand(SHAPE, generator=draw, dtype=dtype) * (1 + 2 * edge) - edge).clamp(0, 1)


def check_inside(ball: Ball, found: torch.Tensor, clean: torch.Tensor) -> None:
    change, ulp = (found.double() - clean.double()), torch.finfo(clean.dtype).eps
    assert found.min() >= 0 and found.max() <= 1
    if ball.norm == "linf":  # a pixel is at most 1: its sum is rounded by half an ulp of it
        assert change.abs().max() <= ball.radius + ulp
    else:  # the length is rounded, and each pixel
        assert lengths(change).max() <= ball.radius * (1 + 4 * ulp) + ulp * PIXELS**0.5


@settings(deadline=None, max_examples=50)
@given(seeds, st.floats(1e-4, 3), st.floats(0, 1e3), st.sampled_from(NORMS), dtypes)
def test_the_nearest_clip_is_in_the_ball_and_stays_where_it_is(seed, radius, far, norm, dtype):
    ball, clean = Ball(radius, norm), clips(seed, dtype)
    way = torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed + 1), dtype=dtype)
    found = ball.nearest(clean + far * way, clean)
    check_inside(ball, found, clean)
    torch.testing.assert_close(ball.nearest(found, clean), found, rtol=0, atol=4 * torch.finfo(dtype).eps)
    assert torch.equal(ball.nearest(clean, clean), clean)


@settings(deadline=None, max_examples=50)
@given(seeds, st.floats(-44, 30))
def test_directions_have_length_one_however_flat_the_slope(seed, power):
    """Down to slopes whose squares are nothing in single precision."""
    slope = torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed)) * 10.0**power
    slope[1] = 0
    found = Ball(0.1, "l2").direction(slope)
    assert not found[1].any()
    for clip in (0, 2):
        if slope[clip].any():
            assert float(found[clip].double().norm()) == pytest.approx(1, abs=1e-5)
    assert torch.equal(Ball(0.1).direction(slope), slope.sign())


@pytest.mark.parametrize("norm", NORMS)
def test_of_a_plane_the_highest_point_is_reached_and_kept(norm):
    """Loss g·x far from the pixels' ends: x + r sign(g), or x + r g/|g|, after a third of the steps."""
    clean = 0.4 + 0.2 * clips(0, torch.float64)
    slope = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    ball, seen = Ball(0.1, norm), []

    def loss(moved):
        seen.append(float((slope * moved[0].detach()).sum()))
        return (slope * moved[0]).sum()

    (found,) = ball.climb((clean,), loss, (clean,), 0.03, 12)
    way = slope.sign() if norm == "linf" else slope / lengths(slope)
    torch.testing.assert_close(found, clean + 0.1 * way, rtol=0, atol=1e-12)
    assert not found.requires_grad and seen[:5] == sorted(seen[:5]) and seen[0] < seen[1] < seen[3]
    (after,) = ball.climb((clean,), loss, (clean,), 0.03, 2)
    torch.testing.assert_close(after, clean + 0.06 * way, rtol=0, atol=1e-12)


@settings(deadline=None, max_examples=30)
@given(seeds, st.floats(1e-3, 1), st.floats(1e-3, 1), st.integers(0, 4), st.sampled_from(NORMS))
def test_climbing_stays_inside_wherever_it_starts(seed, radius, stride, steps, norm):
    ball, clean = Ball(radius, norm), (clips(seed), clips(seed + 1))
    start = tuple(view + 5 * torch.rand_like(view) for view in clean)
    weight = torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed))
    found = ball.climb(clean, lambda views: (weight * views[0] * views[1]).sum(), start, stride, steps)
    for moved, view in zip(found, clean, strict=True):
        check_inside(ball, moved, view)


def test_all_views_move_together():
    """Each sees where the other is, not where it goes: x·y from (0.5, 0.5) by signs is up for both."""
    half = torch.full(SHAPE, 0.5)
    found = Ball(0.2).climb((half, half), lambda v: (v[0] - 0.45).mul(v[1] - 0.55).sum(), (half, half), 0.1, 1)
    assert found[0].unique().tolist() == pytest.approx([0.4]) and found[1].unique().tolist() == pytest.approx([0.6])
