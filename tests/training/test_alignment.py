"""Alignment and uniformity: closed forms and a slow double loop."""

import math

import pytest
import torch

from training.probes.alignment import CHUNK, alignment, uniformity


def vectors(count, width, seed=0):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def test_views_that_do_not_matter_align_perfectly():
    some = vectors(10, 4)
    assert alignment(some, 3 * some) == pytest.approx(0, abs=1e-12)  # length does not count
    assert alignment(some, -some) == pytest.approx(4)


def test_alignment_of_right_angles():
    eye = torch.eye(4)
    assert alignment(eye, eye.roll(1, 0)) == pytest.approx(2)


def test_uniformity_of_one_point_of_two_poles_and_of_axes():
    assert uniformity(torch.ones(7, 3)) == pytest.approx(0, abs=1e-12)
    assert uniformity(torch.tensor([[1.0, 0.0], [-2.0, 0.0]])) == pytest.approx(-8)  # -t |x - y|^2 = -2 · 4
    assert uniformity(torch.eye(5), t=3.0) == pytest.approx(-6)
    # two at one pole, one at the other, one across
    assert uniformity(torch.tensor([[1.0, 0], [1, 0], [-1, 0], [0, 1]])) == pytest.approx(
        math.log((1 + 2 * math.exp(-8) + 3 * math.exp(-4)) / 6)
    )


def test_uniformity_is_that_of_a_slow_double_loop():
    some = vectors(20, 6)
    unit = [row / row.norm() for row in some.double()]
    terms = [math.exp(-2 * float((unit[i] - unit[j]).square().sum())) for i in range(20) for j in range(i)]
    assert uniformity(some) == pytest.approx(math.log(sum(terms) / len(terms)), rel=1e-6)


@pytest.mark.parametrize("count", [CHUNK, CHUNK + 1, 2 * CHUNK + 40])
def test_uniformity_of_several_chunks_is_that_of_torch(count):
    some = vectors(count, 4).double()
    terms = torch.pdist(torch.nn.functional.normalize(some, dim=1)).square()
    assert uniformity(some) == pytest.approx(terms.mul(-2).exp().mean().log().item(), rel=1e-9)


def test_alignment_is_that_of_a_slow_loop():
    one, two = vectors(20, 6), vectors(20, 6, seed=1)
    slow = [float((a / a.norm() - b / b.norm()).square().sum()) for a, b in zip(one, two, strict=True)]
    assert alignment(one, two) == pytest.approx(sum(slow) / 20, rel=1e-5)


def test_random_directions_in_many_dimensions_approach_the_bound():
    assert uniformity(vectors(3000, 512)) == pytest.approx(-4, abs=0.05)  # exp(-2 |x - y|^2) with |x - y|^2 near 2
