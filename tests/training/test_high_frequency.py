"""The high-frequency component is what a slow Fourier transform leaves beyond a circle."""

import cmath
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from training.methods.high_frequency import high_frequency


def wave(height: int, width: int, down: int, across: int, phase: float = 0.3) -> torch.Tensor:
    """A cosine of so many cycles per picture: 1 1 1 h w."""
    y, x = torch.arange(height, dtype=torch.float64)[:, None], torch.arange(width, dtype=torch.float64)
    return torch.cos(2 * math.pi * (down * y / height + across * x / width) + phase)[None, None, None]


def slowly(picture: list[list[float]], radius: float) -> list[list[float]]:
    """By the definition of the transform, one frequency after the other."""
    height, width = len(picture), len(picture[0])
    left = [[0.0] * width for _ in range(height)]
    for v in range(-(height // 2), height - height // 2):
        for u in range(-(width // 2), width - width // 2):
            if v * v + u * u <= radius * radius:
                continue
            turn = lambda y, x, v=v, u=u: cmath.exp(2j * cmath.pi * (v * y / height + u * x / width))  # noqa: E731
            pairs = [(y, x) for y in range(height) for x in range(width)]
            share = sum(picture[y][x] * turn(y, x).conjugate() for y, x in pairs) / (height * width)
            for y, x in pairs:
                left[y][x] += (share * turn(y, x)).real
    return left


@settings(max_examples=15, deadline=None)
@given(st.integers(3, 8), st.integers(3, 8), st.sampled_from([0.0, 1.0, 1.5, 2.0, 3.0]), st.integers(0, 99))
def test_it_is_its_slow_version(height: int, width: int, radius: float, seed: int):
    views = torch.rand(1, 1, 2, height, width, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    expected = torch.tensor([slowly(channel.tolist(), radius) for channel in views[0, 0]], dtype=torch.float64)
    torch.testing.assert_close(high_frequency(views, radius)[0, 0], expected, rtol=0, atol=1e-12)


def test_nothing_is_left_of_an_even_picture():
    views = torch.full((2, 3, 3, 32, 32), 0.7)
    assert high_frequency(views).abs().max() < 1e-6


@pytest.mark.parametrize("size", [(32, 32), (31, 45), (224, 224)])
def test_waves_beyond_the_circle_pass_and_others_do_not(size: tuple[int, int]):
    for down, across in [(0, 9), (9, 0), (6, 6), (-8, 1), (7, -4)]:
        there = wave(*size, down, across)
        torch.testing.assert_close(high_frequency(there), there, rtol=0, atol=1e-9)
        torch.testing.assert_close(high_frequency(there + 0.5), there, rtol=0, atol=1e-9)
    for down, across in [(0, 8), (8, 0), (5, 6), (-7, 3), (1, 0)]:
        assert high_frequency(wave(*size, down, across)).abs().max() < 1e-9


def test_frames_and_channels_are_each_for_themselves():
    views = torch.rand(2, 3, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    found = high_frequency(views)
    assert found.dtype == views.dtype and found.shape == views.shape
    for b in range(2):
        for t in range(3):
            torch.testing.assert_close(found[b : b + 1, t : t + 1], high_frequency(views[b : b + 1, t : t + 1]))
    torch.testing.assert_close(high_frequency(found), found, rtol=0, atol=1e-6)
