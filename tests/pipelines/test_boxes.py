"""Crop boxes: always legal, and the law of torchvision's RandomResizedCrop."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.transforms import RandomResizedCrop

from pipelines.boxes import centre_boxes, random_boxes
from pipelines.draws import Draws

extents = st.lists(st.tuples(st.integers(1, 700), st.integers(1, 700)), min_size=1, max_size=5).map(np.array)
limits = st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)).map(lambda pair: tuple(sorted(pair)))


def many(extent: tuple[int, int], count: int, scale: tuple[float, float], ratio: tuple[float, float]) -> np.ndarray:
    draws = Draws(7, np.zeros(count, np.int64), np.arange(count), 0)
    return random_boxes(np.tile(extent, (count, 1)), draws, scale, ratio)


def torchvision_boxes(extent: tuple[int, int], count: int, scale: tuple, ratio: tuple) -> np.ndarray:
    picture = torch.empty(1).expand(3, *extent)
    return np.array([RandomResizedCrop.get_params(picture, list(scale), list(ratio)) for _ in range(count)])


@given(extents, limits, limits, st.integers(0, 2**32 - 1))
def test_boxes_lie_inside_the_picture(extent: np.ndarray, scale: tuple, ratio: tuple, seed: int):
    draws = Draws(seed, np.zeros(len(extent), np.int64), np.arange(len(extent)), 0)
    boxes = random_boxes(extent, draws, scale, ratio)
    corners, sides = boxes[:, :2], boxes[:, 2:]
    assert (corners >= 0).all() and (sides >= 1).all() and (corners + sides <= extent).all()


@pytest.mark.parametrize("extent", [(240, 320), (500, 375)])
def test_area_and_aspect_keep_their_limits_where_a_try_fits(extent: tuple[int, int]):
    scale, ratio = (0.2, 0.6), (3 / 4, 4 / 3)  # such a box always fits
    height, width = many(extent, 5000, scale, ratio)[:, 2:].T
    half = 1 / min(height.min(), width.min())  # sides are rounded to whole pixels
    share, aspect = height * width / (extent[0] * extent[1]), width / height
    assert (share > scale[0] * (1 - half)).all() and (share < scale[1] * (1 + half)).all()
    assert (aspect > ratio[0] * (1 - half)).all() and (aspect < ratio[1] * (1 + half)).all()


@pytest.mark.parametrize("extent", [(240, 320), (500, 120)])
@pytest.mark.parametrize("scale", [(0.08, 1.0), (0.2, 1.0)])
def test_boxes_follow_torchvisions_law(extent: tuple[int, int], scale: tuple[float, float]):
    ratio, count = (3 / 4, 4 / 3), 4000
    ours = many(extent, count, scale, ratio)
    torch.manual_seed(0)
    theirs = torchvision_boxes(extent, count, scale, ratio)
    for mine, other in zip(ours.T, theirs.T, strict=True):
        assert abs(mine.mean() - other.mean()) < 5 * other.std() * (2 / count) ** 0.5
        values = np.union1d(mine, other)
        shares = [np.searchsorted(np.sort(boxes), values, side="right") / count for boxes in (mine, other)]
        assert abs(shares[0] - shares[1]).max() < 2.2 * (2 / count) ** 0.5  # Kolmogorov and Smirnov, one in 10,000


@pytest.mark.parametrize("extent", [(20, 600), (600, 20), (100, 100), (37, 211), (211, 37)])
def test_where_no_try_fits_the_box_is_torchvisions_fallback(extent: tuple[int, int]):
    scale = (50.0, 60.0)  # no box of fifty times the area fits
    ratio = (3 / 4, 4 / 3)
    assert many(extent, 3, scale, ratio).tolist() == torchvision_boxes(extent, 3, scale, ratio).tolist()


def test_the_first_try_that_fits_is_taken():
    class Scripted(Draws):
        def uniform(self, purpose: str, count: int, low: float = 0.0, high: float = 1.0) -> np.ndarray:
            rows = {"crop area": [9.0, 0.25, 0.5], "crop aspect": [0.0, 0.0, 0.0], "crop corner": [0.0, 0.999]}
            return np.resize(np.array([rows[purpose]]), (1, count))

    boxes = random_boxes(np.array([[100, 100]]), Scripted(0, np.zeros(1), np.zeros(1), 0), (0.1, 1.0), (1.0, 1.0))
    assert boxes.tolist() == [[0, 50, 50, 50]]


def test_corners_are_uniform_over_the_whole_room():
    boxes = many((12, 12), 6000, (0.25, 0.25), (1.0, 1.0))
    assert set(map(tuple, boxes[:, 2:])) == {(6, 6)}
    counts = np.zeros((7, 7))
    np.add.at(counts, tuple(boxes[:, :2].T), 1)
    assert abs(counts - 6000 / 49).max() < 5 * (6000 / 49) ** 0.5


@given(extents)
def test_centre_boxes_are_the_largest_centred_squares(extent: np.ndarray):
    boxes = centre_boxes(extent)
    for (top, left, height, width), (tall, wide) in zip(boxes, extent, strict=True):
        assert height == width == min(tall, wide)
        assert 0 <= tall - height - 2 * top <= 1 and 0 <= wide - width - 2 * left <= 1


def test_a_share_shrinks_the_centre_box_but_never_to_nothing():
    assert centre_boxes(np.array([[100, 200], [1, 1]]), 0.5).tolist() == [[25, 75, 50, 50], [0, 0, 1, 1]]
