"""Patch negatives of other kinds: one permutation of the view's tiles, or one crop throughout."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from pipelines.draws import Draws
from pipelines.negatives import Patches
from pipelines.negatives.patches import _gathered
from pipelines.negatives.shuffled import shuffled

KINDS = ["permutation", "repeated"]
SIDES = [(32, 2), (57, 1)]


def sizes_of(patches: Patches, side: int, draws: Draws) -> np.ndarray:
    low, high = (max(round(edge * side / 224), 1) for edge in (patches.smallest, patches.largest))
    return low + draws.below("patch side", high - low + 1, patches.count)


def slow_order(draws: Draws, row: int, negative: int, count: int, size: int, most: int) -> list[int]:
    """Tiles sorted by their own numbers, drawn again while all are where they were."""
    for turn in range(100):
        keys = draws.uniform(f"tile order {turn}", count * most)[row, negative * most :][:size]
        order = sorted(range(size), key=lambda tile: keys[tile])
        if order != list(range(size)):
            break
    return order


def slow(views: Tensor, draws: Draws, patches: Patches) -> Tensor:
    """A canvas filled cell after cell, cut to the view's size."""
    side, sizes = views.shape[-1], sizes_of(patches, views.shape[-1], draws)
    most = (side // max(round(patches.smallest * side / 224), 1)) ** 2
    corners = [draws.uniform(f"patch {axis}", patches.count) for axis in ("row", "column")]
    negatives = torch.empty(len(views), patches.count, *views.shape[1:])
    for b, view in enumerate(views):
        for n in range(patches.count):
            patch = int(sizes[b, n])
            across, cells = side // patch, side // patch + 1
            order = slow_order(draws, b, n, patches.count, across**2, most)
            canvas = torch.empty(*view.shape[:2], cells * patch, cells * patch)
            for i in range(cells):
                for j in range(cells):
                    if patches.kind == "repeated":
                        top, left = (int(corner[b, n] * (side - patch + 1)) for corner in corners)
                    else:
                        row, column = divmod(order[i % across * across + j % across], across)
                        top, left = row * patch, column * patch
                    crop = view[..., top : top + patch, left : left + patch]
                    canvas[..., i * patch : (i + 1) * patch, j * patch : (j + 1) * patch] = crop
            negatives[b, n] = canvas[..., :side, :side]
    return negatives


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("some", [{}, {"count": 3}, {"count": 2, "smallest": 1, "largest": 112}])
@pytest.mark.parametrize("side, frames", SIDES)
def test_negatives_are_those_of_a_loop_over_cells(kind: str, some: dict, side: int, frames: int, drawn: Callable):
    views, patches = torch.rand(4, frames, 3, side, side), Patches(**some, kind=kind)
    negatives, expected = patches(views, drawn(4)), slow(views, drawn(4), patches)
    assert negatives.shape == (4, patches.count, frames, 3, side, side) and torch.equal(negatives, expected)
    elsewhere = (torch.from_numpy(numbers) for numbers in patches._offsets(side, drawn(4)))
    assert torch.equal(_gathered(views, *elsewhere), expected)  # what other devices than the CPU do
    torch.set_num_threads(3)
    assert torch.equal(patches(views, drawn(4)), expected)


@pytest.mark.parametrize("side", [32, 57])
def test_each_whole_tile_is_in_one_whole_cell_and_what_fills_none_is_left_out(side: int, drawn: Callable[..., Draws]):
    numbered = torch.arange(float(side**2)).reshape(side, side).expand(6, 2, 3, -1, -1)
    patches = Patches(2, kind="permutation")
    negatives, sizes = patches(numbered, drawn(6))[:, :, 0, 0], sizes_of(patches, side, drawn(6))
    for b in range(6):
        for n in range(2):
            patch, whole = int(sizes[b, n]), side // int(sizes[b, n]) * int(sizes[b, n])
            tiles, cells = (
                {
                    tile.numpy().tobytes()
                    for tile in square.unfold(0, patch, patch).unfold(1, patch, patch).flatten(0, 1)
                }
                for square in (numbered[b, 0, 0, :whole, :whole], negatives[b, n, :whole, :whole])
            )
            assert tiles == cells and len(tiles) == (whole // patch) ** 2
            wrapped = torch.arange(side) % whole
            assert torch.equal(negatives[b, n], negatives[b, n][wrapped][:, wrapped])
            assert not torch.equal(negatives[b, n], numbered[b, 0, 0])


def test_a_repeated_crop_has_a_period_and_is_a_part_of_the_view(drawn: Callable[..., Draws]):
    side, patches = 57, Patches(2, kind="repeated")
    numbered = torch.arange(float(side**2)).reshape(side, side).expand(8, 1, 1, -1, -1)
    negatives, sizes = patches(numbered, drawn(8))[:, :, 0, 0], sizes_of(patches, side, drawn(8))
    for b in range(8):
        for n in range(2):
            patch, found = int(sizes[b, n]), negatives[b, n]
            top, left = divmod(int(found[0, 0]), side)
            assert torch.equal(found[:patch, :patch], numbered[b, 0, 0, top : top + patch, left : left + patch])
            again = torch.arange(side) % patch
            assert torch.equal(found, found[again][:, again])


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_alone_gets_what_it_gets_among_others_in_all_frames(kind: str, drawn: Callable[..., Draws]):
    views = torch.rand(1, 1, 3, 32, 32).expand(8, 4, -1, -1, -1)
    together = Patches(2, kind=kind)(views, drawn(8))
    assert torch.equal(Patches(2, kind=kind)(views[:1], drawn(1, first=5))[0], together[5])
    assert torch.equal(together, together[:, :, :1].expand_as(together))
    assert len({negative.numpy().tobytes() for negative in together[:, :, 0].flatten(0, 1)}) == 16
    for other in (drawn(8, seed=1), drawn(8, epoch=1)):
        assert not torch.equal(Patches(2, kind=kind)(views, other), together)


def test_orders_are_all_as_likely_but_for_the_identity(drawn: Callable[..., Draws]):
    sizes = np.tile([1, 2, 3, 5], (3000, 1))
    orders = shuffled(drawn(3000), "any", sizes, 5)
    assert (np.sort(orders, axis=-1) == np.arange(5)).all()
    assert (orders[:, 0] == np.arange(5)).all() and (orders[:, 1] == [1, 0, 2, 3, 4]).all()
    assert (orders[:, 2, 3:] == [3, 4]).all()
    found, counts = np.unique(orders[:, 2, :3], axis=0, return_counts=True)
    assert len(found) == 5 and [0, 1, 2] not in found.tolist() and abs(counts - 600).max() < 5 * 600**0.5
    assert len(np.unique(orders[:, 3], axis=0)) == 119


def test_a_permutation_needs_tiles_of_half_the_side_at_most():
    with pytest.raises(ValueError, match="at most 112 .*got 113"):
        Patches(largest=113, kind="permutation")
    assert Patches(largest=223, kind="repeated").largest == 223


def test_a_permutation_of_an_odd_side_has_more_than_one_tile():
    offsets, patch = Patches(count=8, largest=112, kind="permutation")._offsets(
        31, Draws(0, np.zeros(9, np.int64), np.arange(9), 0)
    )
    assert patch.max() == 15 and (offsets.reshape(len(patch), 8, -1) != 0).any(-1).all()
