"""The weak view is the whole picture moved over black and flipped, by draws alone; it may stand beside strong ones."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.boxes import centre_boxes
from pipelines.draws import Draws
from pipelines.views import SimCLRViews, StrongAndWeak, WeakViews
from pipelines.views.steps import Flip
from tests.pipelines.pictures import as_bytes, clips


def slowly(views: WeakViews, pixels: torch.Tensor, draws: Draws) -> torch.Tensor:
    """A crop of the padded picture, pixel by pixel, then mirrored."""
    side, made = pixels.shape[-1], torch.zeros(pixels.shape)
    most = round(views.shift * side)
    moves = draws.below("weak shift", 2 * most + 1, 2) - most
    flips = draws.chance("weak flip", views.flip.probability)
    for i in range(len(pixels)):
        for y in range(side):
            for x in range(side):
                row, column = y - moves[i, 0], (side - 1 - x if flips[i] else x) - moves[i, 1]
                if 0 <= row < side and 0 <= column < side:
                    made[i, ..., y, x] = pixels[i, ..., row, column] / 255
    return made


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 0.99), st.sampled_from([0.0, 0.5, 1.0]), st.integers(1, 9), st.integers(0, 99))
def test_a_weak_view_is_its_slow_version(shift: float, flip: float, side: int, seed: int):
    pixels, draws = as_bytes(clips(4, 2, side, seed)), Draws(seed, np.zeros(4, np.int64), np.arange(4), 2)
    views = WeakViews(shift, Flip(flip))
    assert torch.equal(views(pixels, draws), slowly(views, pixels, draws))


def test_a_weak_view_is_repeatable_bounded_and_the_same_alone_as_in_a_batch(drawn: Callable[..., Draws]):
    pixels, views = as_bytes(clips(16)), WeakViews()
    before, together = pixels.clone(), views(pixels, drawn(16))
    assert together.is_contiguous() and together.dtype == torch.float32
    assert together.min() >= 0 and together.max() <= 1
    assert torch.equal(views(pixels, drawn(16)), together) and torch.equal(pixels, before)
    for i in range(16):
        assert torch.equal(views(pixels[i : i + 1], drawn(1, first=i))[0], together[i])


def test_frames_of_a_clip_move_alike(drawn: Callable[..., Draws]):
    moved = WeakViews()(as_bytes(clips(32, frames=1)).expand(-1, 4, -1, -1, -1), drawn(32))
    assert torch.equal(moved, moved[:, :1].expand_as(moved))


def test_crops_may_have_any_strides(drawn: Callable[..., Draws]):
    pixels = as_bytes(clips(6, 3, 20))
    channels_last = pixels.movedim(2, -1).contiguous().movedim(-1, 2)
    assert not channels_last.is_contiguous()
    assert torch.equal(WeakViews()(channels_last, drawn(6)), WeakViews()(pixels, drawn(6)))


def test_without_shift_and_flip_nothing_changes(drawn: Callable[..., Draws]):
    pixels = as_bytes(clips(6))
    assert torch.equal(WeakViews(0.0, Flip(0.0))(pixels, drawn(6)), pixels / 255)


def test_every_shift_and_flip_is_equally_likely(drawn: Callable[..., Draws]):
    """Of a picture of 16, by 4 to each side: 81 places, each mirrored or not, read off two neighbours."""
    count, pixels = 162 * 30, torch.zeros(1, 1, 3, 16, 16, dtype=torch.uint8)
    pixels[..., 8, 7], pixels[..., 8, 8] = 255, 51
    channel = WeakViews(4 / 16)(pixels.expand(count, -1, -1, -1, -1), drawn(count))[:, 0, 0]
    (bright, rows, columns), (dim, _, beside) = ((channel == value).nonzero().T for value in (1.0, 0.2))
    assert bright.tolist() == dim.tolist() == list(range(count))
    mirrored = (beside < columns).long()
    down, right = rows - 8, torch.where(mirrored == 1, 15 - columns, columns) - 7
    assert down.abs().max() == right.abs().max() == 4
    counts = torch.bincount((mirrored * 9 + down + 4) * 9 + right + 4, minlength=162)
    assert len(counts) == 162 and abs(counts - 30).max() < 5 * 30**0.5


def test_weak_views_differ_between_samples_epochs_views_and_seeds(drawn: Callable[..., Draws]):
    same = as_bytes(clips(1)).expand(100, -1, -1, -1, -1)
    keys = ({}, {"epoch": 1}, {"view": 1}, {"seed": 1})
    made = [WeakViews()(same, drawn(100, **key)).flatten(1) for key in keys]
    for i, one in enumerate(made):
        assert len({row.numpy().tobytes() for row in one}) > 50  # of 162
        assert all((one == other).all(1).float().mean() < 0.1 for other in made[:i])


@pytest.mark.parametrize("shift", [-0.1, 1.0])
def test_a_shift_that_leaves_nothing_is_refused(shift: float):
    with pytest.raises(ValueError, match=f"shift must lie between 0 and below 1, got {shift}"):
        WeakViews(shift)


def test_weak_boxes_are_centred_squares(drawn: Callable[..., Draws]):
    extent = np.array([[100, 200], [31, 7], [5, 5]])
    assert (WeakViews().boxes(extent, drawn(3)) == centre_boxes(extent)).all()


@pytest.mark.parametrize("view", range(4))
def test_of_strong_and_weak_views_the_number_decides(view: int, drawn: Callable[..., Draws]):
    views = StrongAndWeak(weak=WeakViews(0.25))
    strong = SimCLRViews(views.scale, views.ratio, views.flip, views.jitter, views.gray, views.blur)
    kinds: list[SimCLRViews | WeakViews] = [strong, strong, views.weak, views.weak]
    pixels, extent, draws = as_bytes(clips(6)), np.full((6, 2), [90, 120]), drawn(6, view=view)
    assert torch.equal(views(pixels, draws), kinds[view](pixels, draws))
    assert (views.boxes(extent, draws) == kinds[view].boxes(extent, draws)).all()
    assert not torch.equal(views(pixels, draws), kinds[view - 2](pixels, draws))
