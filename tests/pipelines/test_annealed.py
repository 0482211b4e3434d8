"""Annealed views: SimCLR's at strength 1, ever nearer to the crops themselves, by the epoch of each sample's draw."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipelines.draws import Draws
from pipelines.views import AnnealedViews, SimCLRViews
from pipelines.views.steps import Blur, ColorJitter, Flip, Grayscale
from tests.pipelines.pictures import as_bytes, clips

VIEWS = AnnealedViews()
EXTENT = np.array([[300, 400]])


def at(strength: float) -> SimCLRViews:
    """What DynACL's formula says of a strength."""
    s = strength
    return SimCLRViews(
        scale=(1 - 0.9 * s, 1.0), jitter=ColorJitter(0.4 * s, 0.4 * s, 0.4 * s, 0.1 * s, 0.8 * s),
        gray=Grayscale(0.2 * s), blur=Blur(0.0),
    )  # fmt: skip


@given(st.integers(0, 1000), st.integers(1, 1000), st.integers(1, 1000))
def test_strength_falls_by_equal_stairs_and_not_below_nothing(epoch: int, epochs: int, every: int):
    views = AnnealedViews(epochs=epochs, every=min(every, epochs))
    now, later = views.strength(np.array([epoch, epoch + views.every]))
    stair = next(e for e in range(epoch, -1, -1) if e % views.every == 0)
    assert now == pytest.approx(max(1 - stair / epochs, 0)) and 0 <= later <= now <= 1
    assert later == pytest.approx(max(now - views.every / epochs, 0))


def test_strength_is_dynacls():
    epochs = np.array([0, 49, 50, 99, 500, 949, 950, 999, 1000, 2000])
    expected = [1, 1, 0.95, 0.95, 0.5, 0.1, 0.05, 0.05, 0, 0]
    np.testing.assert_allclose(VIEWS.strength(epochs), expected, atol=1e-12)


@pytest.mark.parametrize("epoch, strength", [(0, 1.0), (49, 1.0), (50, 0.95), (500, 0.5), (999, 0.05)])
def test_at_each_strength_views_are_simclrs_with_the_formulas_knobs(
    epoch: int, strength: float, drawn: Callable[..., Draws]
):
    pixels, extent, draws = as_bytes(clips(60, 1, 20)), EXTENT.repeat(60, 0), drawn(60, epoch=epoch, view=1)
    assert (VIEWS.boxes(extent, draws) == at(strength).boxes(extent, draws)).all()
    torch.testing.assert_close(VIEWS(pixels, draws), at(strength)(pixels, draws), rtol=0, atol=1e-6)


def test_at_the_start_they_are_bit_by_bit_simclrs(drawn: Callable[..., Draws]):
    pixels, extent, draws = as_bytes(clips(30, 1, 20)), EXTENT.repeat(30, 0), drawn(30)
    for strong in (SimCLRViews(), SimCLRViews((0.3, 0.7), jitter=ColorJitter(1.2, 0.3, 0.0, 0.5))):
        annealed = AnnealedViews(**vars(strong))
        assert (annealed.boxes(extent, draws) == strong.boxes(extent, draws)).all()
        assert torch.equal(annealed(pixels, draws), strong(pixels, draws))


def test_at_strength_0_colours_stay_and_crops_are_as_large_as_they_may_be(drawn: Callable[..., Draws]):
    pixels, draws = as_bytes(clips(30, 1, 20)), drawn(30, epoch=1000)
    views = replace(VIEWS, flip=Flip(0.0), ratio=(1.0, 1.0))
    torch.testing.assert_close(views(pixels, draws), pixels / 255, rtol=0, atol=1e-7)
    assert views.boxes(np.full((30, 2), 64), draws).tolist() == [[0, 0, 64, 64]] * 30


@pytest.mark.parametrize("by", ["fused", "kornia"])
def test_samples_of_two_epochs_in_one_batch_have_a_strength_each(by, drawn: Callable[..., Draws]):
    views, pixels, extent = replace(VIEWS, by=by), as_bytes(clips(40, 2, 16)), EXTENT.repeat(40, 0)
    epochs = np.arange(40) * 37 % 1100
    draws = Draws(3, epochs, np.arange(40), 0)
    mixed, boxes = views(pixels, draws), views.boxes(extent, draws)
    for i in range(40):
        alone = Draws(3, epochs[i : i + 1], np.array([i]), 0)
        torch.testing.assert_close(views(pixels[i : i + 1], alone)[0], mixed[i], rtol=0, atol=1e-6)
        assert (views.boxes(extent[:1], alone)[0] == boxes[i]).all()


@pytest.mark.parametrize("epoch", [0, 500, 950])
def test_both_executors_make_the_same_pixels(epoch: int, drawn: Callable[..., Draws]):
    pixels, draws = as_bytes(clips(48, 1, 48)), drawn(48, epoch=epoch)
    found, expected = (replace(VIEWS, by=by)(pixels, draws) for by in ("fused", "kornia"))
    assert 0 < (found - expected).abs().max() < 1 / 255


def test_views_grow_alike_over_the_epochs(drawn: Callable[..., Draws]):
    """The same draw of weaker knobs: with flips left out, what changes falls, and crops grow."""
    pixels, extent, views = as_bytes(clips(200, 1, 12)), EXTENT.repeat(200, 0), replace(VIEWS, flip=Flip(0.0))
    changes, areas = [], []
    for epoch in (0, 250, 500, 750, 950):
        draws = drawn(200, epoch=epoch)
        changes.append((views(pixels, draws) - pixels / 255).abs().mean().item())
        areas.append(views.boxes(extent, draws)[:, 2:].prod(1).mean())
    assert changes == sorted(changes, reverse=True) and changes[0] > 3 * changes[-1] > 0
    assert areas == sorted(areas)


@pytest.mark.parametrize("epochs, every", [(10, 0), (10, 11), (0, 1)])
def test_stairs_that_do_not_fit_are_refused(epochs: int, every: int):
    with pytest.raises(ValueError, match=f"every must lie in 1 … epochs, got {every} of {epochs}"):
        AnnealedViews(epochs=epochs, every=every)
