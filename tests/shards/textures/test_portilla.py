"""Portilla-Simoncelli textures: the statistics are met, and who has no plenoptic is told how to get it."""

import sys
from importlib.util import find_spec

import numpy as np
import pytest

from shards.refusal import Refusal
from shards.textures import PortillaSimoncelli
from tests.shards.textures.test_stochastic import photograph

needs_plenoptic = pytest.mark.skipif(find_spec("plenoptic") is None, reason="plenoptic is not installed: an extra")


@needs_plenoptic
@pytest.mark.parametrize("side", [32, 45])
def test_textures_have_the_pictures_colours_and_contrast_but_not_its_pixels(side: int):
    picture = photograph(64, 48)
    texture = PortillaSimoncelli(side, iterations=15)(picture, "a")
    assert texture.shape == (side, side, 3) and texture.dtype == np.uint8
    assert np.array_equal(PortillaSimoncelli(side, iterations=15)(picture, "a"), texture)
    assert not np.array_equal(PortillaSimoncelli(side, iterations=15)(picture, "b"), texture)
    ours, theirs = texture.reshape(-1, 3).astype(float), picture.reshape(-1, 3).astype(float)
    assert abs(ours.mean(0) - theirs.mean(0)).max() < 10
    assert abs(ours.std(0) / theirs.std(0) - 1).max() < 0.4
    smooth = abs(np.diff(texture.astype(float), axis=1)).mean() / ours.std()
    noise = 2 / np.pi**0.5  # what neighbours of white noise differ by
    assert smooth < 0.9 * noise


@needs_plenoptic
def test_gray_and_flat_pictures_have_textures_too():
    gray = photograph(40, 40)[..., :1].repeat(3, -1)
    assert np.ptp(PortillaSimoncelli(iterations=3)(gray, "a").astype(int), axis=-1).max() <= 1
    assert (PortillaSimoncelli(iterations=3)(np.full((40, 40, 3), 77, np.uint8), "a") == 77).all()


def test_without_plenoptic_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "plenoptic", None)
    with pytest.raises(Refusal, match=r'pip install "antipodal\[plenoptic\]"'):
        PortillaSimoncelli()
