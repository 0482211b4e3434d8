"""Figures of textures: surface is what shuffling keeps, layout what it loses."""

import io

import numpy as np
import pytest
from PIL import Image

from shards.textures.likeness import describe, found_again, layout, sheet, surface, timed_pair
from tests.shards.textures.test_stochastic import photograph


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    """Twelve pictures of other colours, bright and dark in other places."""
    rng = np.random.default_rng(0)
    bright = rng.integers(0, 2, (12, 4, 4, 1)).repeat(16, 1).repeat(16, 2)
    return [(photograph(64, 64) // 2 * rng.uniform(0.2, 1, 3) + 100 * b).astype(np.uint8) for b in bright]


def shuffled(picture: np.ndarray) -> np.ndarray:
    """Its 64 squares in another order."""
    squares = picture.reshape(8, 8, 8, 8, 3).swapaxes(1, 2).reshape(64, 8, 8, 3)
    moved = squares[np.random.default_rng(1).permutation(64)]
    return moved.reshape(8, 8, 8, 8, 3).swapaxes(1, 2).reshape(64, 64, 3)


def test_shuffled_squares_keep_the_surface_and_lose_the_layout(pictures: list[np.ndarray]):
    moved = [shuffled(picture) for picture in pictures]
    surfaces = np.stack([surface(picture) for picture in pictures])
    assert found_again(np.stack([surface(picture) for picture in moved]), surfaces) > 0.9
    assert found_again(np.roll(surfaces, 1, axis=0), surfaces) == 0
    alike = [layout(a) @ layout(b) for a, b in zip(moved, pictures, strict=True)]
    assert abs(np.mean(alike)) < 0.2
    assert min(layout(picture) @ layout(picture) for picture in pictures) == pytest.approx(1)


def test_surfaces_are_shares_and_flat_pictures_have_no_layout(pictures: list[np.ndarray]):
    flat = np.full((9, 7, 3), 200, np.uint8)
    assert surface(pictures[0]).sum() == pytest.approx(2) and surface(flat).sum() == pytest.approx(1)
    assert not layout(flat).any()
    edge = np.zeros((16, 16, 3), np.uint8)
    edge[:, 8:] = 255
    assert surface(edge)[4096] == 1 and surface(edge.swapaxes(0, 1))[4096 + 4] == 1  # right, and down a quarter turn on


def test_figures_and_sheet(pictures: list[np.ndarray]):
    pairs = [(picture, shuffled(picture)) for picture in pictures]
    said = describe(pairs)
    assert (
        "of 12 textures are nearest" in said
        and "(chance 8.33%)" in said
        and "correlation with their own picture" in said
    )
    assert sheet(pairs, columns=5, side=20).size == (100, 3 * 44)
    file = io.BytesIO()
    Image.fromarray(pictures[0]).save(file, "PNG")
    (picture, made), took = timed_pair(file.getvalue(), lambda pixels, name: pixels[::-1], "a")
    assert np.array_equal(picture, pictures[0]) and np.array_equal(made, pictures[0][::-1]) and took >= 0
