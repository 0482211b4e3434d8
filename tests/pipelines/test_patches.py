"""Patch negatives: against a loop over cells, and made of nothing but their own view."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from pipelines.draws import Draws
from pipelines.negatives import NoNegatives, Patches
from pipelines.negatives.patches import _gathered


def slow_patches(views: Tensor, draws: Draws, patches: Patches) -> Tensor:
    """A canvas of independent crops, cell after cell, cut to the view's size: what the paper's code does."""
    side = views.shape[-1]
    low, high = (max(round(edge * side / 224), 1) for edge in (patches.smallest, patches.largest))
    most = side // low + 1
    corners = [
        draws.uniform(f"patch {axis}", patches.count * most**2).reshape(len(views), patches.count, most, most)
        for axis in ("row", "column")
    ]
    sizes = low + draws.below("patch side", high - low + 1, patches.count)
    negatives = torch.empty(len(views), patches.count, *views.shape[1:])
    for b, view in enumerate(views):
        for n in range(patches.count):
            patch = int(sizes[b, n])
            cells = side // patch + 1
            canvas = torch.empty(*view.shape[:2], cells * patch, cells * patch)
            for i in range(cells):
                for j in range(cells):
                    top, left = (int(corner[b, n, i, j] * (side - patch + 1)) for corner in corners)
                    crop = view[..., top : top + patch, left : left + patch]
                    canvas[..., i * patch : (i + 1) * patch, j * patch : (j + 1) * patch] = crop
            negatives[b, n] = canvas[..., :side, :side]
    return negatives


def numbered_pixels(count: int, side: int) -> Tensor:
    """Every pixel holds its own row, its own column and its own sample."""
    row, column = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return torch.stack([torch.stack([row, column, torch.full_like(row, i)]) for i in range(count)])[:, None].float()


@pytest.mark.parametrize("patches", [Patches(), Patches(3), Patches(2, 1, 223), Patches(1, 112, 112)])
@pytest.mark.parametrize("side, frames", [(32, 2), (57, 1)])
def test_negatives_are_those_of_a_loop_over_cells(patches: Patches, side: int, frames: int, drawn: Callable):
    views = torch.rand(4, frames, 3, side, side)
    negatives, expected = patches(views, drawn(4)), slow_patches(views, drawn(4), patches)
    assert negatives.shape == (4, patches.count, frames, 3, side, side)
    assert torch.equal(negatives, expected)
    elsewhere = (torch.from_numpy(numbers) for numbers in patches._offsets(side, drawn(4)))
    assert torch.equal(_gathered(views, *elsewhere), expected)  # what other devices than the CPU do
    assert torch.equal(patches(views.transpose(3, 4), drawn(4)), slow_patches(views.mT, drawn(4), patches))
    torch.set_num_threads(3)
    assert torch.equal(patches(views, drawn(4)), expected)


def test_every_pixel_comes_from_its_own_view(drawn: Callable[..., Draws]):
    numbers = torch.arange(6.0)[:, None, None, None, None].expand(6, 2, 3, 32, 32)
    assert torch.equal(Patches(2)(numbers, drawn(6)), numbers[:, None].expand(-1, 2, -1, -1, -1, -1))


def test_inside_a_patch_pixels_keep_their_neighbours(drawn: Callable[..., Draws]):
    """Steps of other than one pixel happen at the borders of cells only, whose distance is the patch side."""
    negatives = Patches(1, 42, 42)(numbered_pixels(5, 64), drawn(5))[:, 0, 0]  # patches of 12 pixels
    down, right = negatives[:, 0].diff(dim=1) != 1, negatives[:, 1].diff(dim=2) != 1
    assert set((down.nonzero()[:, 1] + 1).tolist()) == set((right.nonzero()[:, 2] + 1).tolist()) == {12, 24, 36, 48, 60}


def test_frames_of_a_clip_share_the_places(drawn: Callable[..., Draws]):
    still = torch.rand(3, 1, 3, 32, 32).expand(-1, 4, -1, -1, -1)
    negatives = Patches()(still, drawn(3))
    assert torch.equal(negatives, negatives[:, :, :1].expand_as(negatives))


@pytest.mark.parametrize("side, low, high, many", [(224, 16, 72, 60), (96, 7, 31, 500), (32, 2, 10, 1600)])
def test_patch_sides_are_uniform_and_scaled_to_the_view(side: int, low: int, high: int, many: int, drawn: Callable):
    negatives = Patches()(numbered_pixels(1, side).expand(many, -1, -1, -1, -1), drawn(many))
    seams = negatives[:, 0, 0, 0, :, 0].diff(dim=1) != 1  # down the first column, where a row is not the next one
    sizes = seams.int().argmax(1).numpy() + 1
    counts = np.bincount(sizes, minlength=high + 1)
    expected = many / (high - low + 1)
    assert counts[:low].sum() == 0 and counts[high + 1 :].sum() <= 10 * many / side  # two patches may meet seamlessly
    assert abs(counts[low : high + 1] - expected).max() < 5 * expected**0.5 + many / side


def test_corners_reach_every_place(drawn: Callable[..., Draws]):
    views = numbered_pixels(1, 8).expand(800, -1, -1, -1, -1)
    corners = Patches(1, 112, 112)(views, drawn(800))[:, 0, 0, :2, ::4, ::4].flatten(1).T  # 2 axes, 4 patches
    assert corners.shape == (8, 800) and all(set(row.tolist()) == set(range(5)) for row in corners)
    assert (np.corrcoef(corners) - np.eye(8)).max() < 0.15  # each is drawn by itself


def test_negatives_differ_between_samples_and_are_the_same_alone(drawn: Callable[..., Draws]):
    views = torch.rand(1, 1, 3, 32, 32).expand(8, -1, -1, -1, -1)
    together = Patches(2)(views, drawn(8))
    assert len({negative.numpy().tobytes() for negative in together.flatten(0, 1)}) == 16
    assert torch.equal(Patches(2)(views[:1], drawn(1, first=5))[0], together[5])


def test_no_negatives_are_none(drawn: Callable[..., Draws]):
    assert NoNegatives()(torch.rand(4, 2, 3, 8, 8), drawn(4)).shape == (4, 0, 2, 3, 8, 8)


@pytest.mark.parametrize("wrong", [{"count": 0}, {"smallest": 0}, {"smallest": 73}, {"largest": 224}])
def test_impossible_patches_are_refused(wrong: dict):
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        Patches(**wrong)
