"""Stochastic textures: against a slow version, the same everywhere, the picture's surface without its order."""

import hashlib
import zlib

import numpy as np
import pytest

from shards.keyed import philox, purpose_key
from shards.refusal import Refusal
from shards.textures import NoTexture, Stochastic
from shards.textures.exemplars import exemplars, texture_side
from tests.shards.textures.slow import slow_texture


def photograph(height: int, width: int) -> np.ndarray:
    """Coloured waves under some noise, in integers: the same everywhere."""
    y, x, colour = np.ogrid[:height, :width, :3]
    noise = philox((y, x, colour, 0), (7, 7))[0].astype(np.int64) % 40
    return (((y * (3 + colour) // 2) ^ (x * 5 // (1 + colour))) % 200 + noise).astype(np.uint8)


def words(name: str, seed: int = 0) -> list[int]:
    counter = (np.array([zlib.crc32(name.encode())]), 0, 0, 0)
    return [int(word[0]) for word in philox(counter, (seed, purpose_key("texture")))]


@pytest.mark.parametrize(
    "height, width, side, name", [(19, 25, 12, "a"), (30, 21, 15, "b/c"), (9, 9, 9, "é"), (1, 2, 3, "d")]
)
def test_textures_are_those_of_the_slow_version(height: int, width: int, side: int, name: str):
    picture = photograph(height, width)
    high, low, *corner = words(name)
    expected = slow_texture(exemplars(picture, (corner[0], corner[1])), side, high << 32 | low)
    assert np.array_equal(Stochastic(side)(picture, name), expected)


def test_every_machine_makes_the_same_texture():
    """If this fails on your machine, or after a change, textures made elsewhere can no longer be made again."""
    texture = Stochastic()(photograph(70, 64), "pinned")
    assert texture.shape == (64, 64, 3) and texture.dtype == np.uint8
    assert hashlib.sha256(texture.tobytes()).hexdigest()[:16] == "b5cbf9e4815ccd57"


def test_the_name_and_the_seed_decide_and_nothing_else_does():
    picture = photograph(40, 30)
    first = Stochastic()(picture, "a")
    others = [Stochastic()(picture, "b"), Stochastic(seed=1)(picture, "a"), Stochastic()(picture[::-1], "a")]
    assert not any(np.array_equal(first, other) for other in others)
    assert np.array_equal(Stochastic()(picture.copy(), "a"), first)


def test_a_texture_has_the_exemplars_surface_but_not_their_order():
    """Of vertical stripes come stripes as wide, unbroken ones, where shuffled pixels would give noise."""
    picture = np.zeros((48, 48, 3), np.uint8)
    picture[:, np.arange(48) % 6 < 3] = (250, 120, 10)
    stripes = Stochastic()(picture, "stripes")[..., 0] > 0
    assert 0.35 < stripes.mean() < 0.65
    assert (stripes[1:] == stripes[:-1]).mean() > 0.97  # down a column nothing changes
    assert (stripes[:, 6:] == stripes[:, :-6]).mean() > 0.8 and (stripes[:, 3:] == stripes[:, :-3]).mean() < 0.2


@pytest.mark.parametrize(
    "height, width, side, edge, given", [(375, 500, 224, 96, None), (224, 300, 224, 96, None), (64, 48, 48, 21, None),
                                         (32, 32, 32, 14, None), (2, 3, 2, 1, None), (375, 500, 64, 96, 64)]
)  # fmt: skip
def test_sides_follow_the_picture(height: int, width: int, side: int, edge: int, given: int | None):
    picture = photograph(height, width)
    assert texture_side(picture, given) == side
    assert exemplars(picture, (0, 0)).shape == (2, edge, edge, 3)


def test_one_patch_is_the_middle_and_the_other_may_lie_anywhere():
    picture = np.stack(np.broadcast_arrays(*np.ogrid[:70, :80], 0), -1).astype(np.uint8)  # pixels say where they are
    first, second = exemplars(picture, (0, 2**32 - 1))
    assert first[0, 0, :2].tolist() == [20, 25]
    assert second[0, 0, :2].tolist() == [0, 50]
    corners = [exemplars(picture, (words(str(n))[2], words(str(n))[3]))[1][0, 0, :2].tolist() for n in range(2000)]
    for axis, room in ((0, 41), (1, 51)):
        counts = np.bincount([corner[axis] for corner in corners], minlength=room)
        assert len(counts) == room and abs(counts - 2000 / room).max() < 5 * (2000 / room) ** 0.5


def test_no_texture_is_an_empty_picture():
    assert NoTexture()(photograph(8, 8), "a").size == 0


@pytest.mark.parametrize("wrong, said", [({"side": 0}, "side must be at least 1"), ({"seed": -1}, "seed must lie in")])
def test_impossible_textures_are_refused(wrong: dict, said: str):
    with pytest.raises(Refusal, match=said):
        Stochastic(**wrong)
