"""The compiled loops make Kornia's pixels of the same look, whatever it is and however the crops lie in memory."""

from collections.abc import Callable
from dataclasses import fields, replace
from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from pipelines.draws import Draws
from pipelines.views import MoCoViews, SimCLRViews
from pipelines.views.chain import chain
from pipelines.views.fused import fused
from pipelines.views.look import Look
from pipelines.views.look import drawn as looks
from pipelines.views.steps import Blur
from shards.refusal import Refusal
from tests.pipelines.pictures import as_bytes, clips

ORDERS = np.array(list(permutations(range(4))))
# black, white, grays, pure and nearly pure colours, two equal channels: where hues begin, end and are none
EXTREMES = torch.tensor(
    [[0, 0, 0], [255, 255, 255], [128, 128, 128], [1, 1, 1], [255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 0, 1],
     [255, 1, 0], [1, 255, 0], [0, 255, 1], [1, 0, 255], [0, 1, 255], [255, 255, 0], [0, 255, 255], [255, 0, 255],
     [129, 128, 128], [128, 128, 129], [254, 255, 255], [0, 0, 1]], dtype=torch.uint8,
)  # fmt: skip
SEEN = 1 / 255 / 8  # an eighth of what a byte can say


def extreme(count: int, frames: int, height: int, width: int, seed: int = 0) -> Tensor:
    chosen = torch.randint(len(EXTREMES), (count, frames, height, width), generator=torch.Generator().manual_seed(seed))
    return EXTREMES[chosen].movedim(-1, 2).contiguous()


def every_order(factors, gray: bool, sigma: float, width: int = 5) -> Look:
    n = len(ORDERS)
    flip = np.arange(n) % 2 == 0
    return Look(
        flip, np.ones(n, bool), ORDERS, np.tile(np.asarray(factors, float), (n, 1)), np.full(n, gray),
        np.full(n, sigma), width,
    )  # fmt: skip


def apart(pixels: Tensor, look: Look) -> float:
    return (fused(pixels, look) - chain(pixels, look)).abs().max().item()


@pytest.mark.parametrize("hue", [0.0, 0.2, -0.2, 0.5, -0.5, 1 / 6, -1 / 3])
@pytest.mark.parametrize("factor", [0.0, 1e-38, 0.2, 1.0, 1.8])
def test_all_orders_on_extreme_colours_are_kornias(factor: float, hue: float):
    look = every_order([factor, 2 - factor, factor, hue], gray=False, sigma=0.0)
    assert apart(extreme(len(ORDERS), 2, 7, 11), look) < SEEN


@settings(max_examples=60)
@given(st.data())
def test_any_look_is_kornias(data: st.DataObject):
    count, frames = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
    height, width = (data.draw(st.integers(6, 40)) for _ in range(2))
    rows = lambda part: np.array(data.draw(st.lists(part, min_size=count, max_size=count)))  # noqa: E731
    factor = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 3))
    factors = np.stack([*(rows(factor) for _ in range(3)), rows(st.floats(-1, 1))], axis=1)
    sigma = rows(st.one_of(st.just(0.0), st.floats(0.05, 4)))
    booleans = (rows(st.booleans()) for _ in range(3))
    order, half = rows(st.permutations(range(4))), data.draw(st.integers(0, 5))
    look = Look(next(booleans), next(booleans), order, factors, next(booleans), sigma, 2 * half + 1)
    assert apart(extreme(count, frames, height, width, data.draw(st.integers(0, 99))), look) < SEEN


@pytest.mark.parametrize("views, side", [(SimCLRViews(), 224), (MoCoViews(), 64)])
def test_drawn_views_are_kornias(views: SimCLRViews, side: int, drawn: Callable[..., Draws]):
    pixels, draws = as_bytes(clips(12, 1, side)), drawn(12)
    found, expected = (replace(views, by=by)(pixels, draws) for by in ("fused", "kornia"))
    assert 0 < (found - expected).abs().max() < SEEN  # not nothing, or both would be the same code
    assert torch.equal(views(pixels, draws), found)  # auto, on the CPU


def blurred(sigma: np.ndarray, width: int) -> Look:
    n, off = len(sigma), np.zeros(len(sigma), bool)
    return Look(off, off, np.tile(ORDERS[:1], (n, 1)), np.ones((n, 4)), off, sigma, width)


def test_no_blur_is_cut_off_where_it_can_be_seen():
    """At the edge from black to white, all that is missing of a kernel is missing on one side."""
    edges = torch.zeros(30, 1, 3, 40, 40, dtype=torch.uint8)
    edges[..., 20:] = 255
    assert apart(edges, blurred(np.linspace(0.2, 3, 30), 23)) < SEEN


def test_white_is_not_blurred_beyond_white():
    white = torch.full((40, 1, 3, 12, 12), 255, dtype=torch.uint8)
    found = fused(white, blurred(np.linspace(0.3, 3, 40), 11))  # of some, the weights add up to a bit more than 1
    assert found.min() > 1 - 1e-6 and found.max() <= 1


def test_crops_may_have_any_strides(drawn: Callable[..., Draws]):
    pixels, views = as_bytes(clips(6, 3, 20)), SimCLRViews(by="fused")
    expected = views(pixels, drawn(6))
    channels_last = pixels.movedim(2, -1).contiguous().movedim(-1, 2)
    slab = torch.zeros(2, 3, 6, 24, 26, 3, dtype=torch.uint8)  # v t b h w c
    slab[1, :, :, 2:22, 3:23] = pixels.permute(1, 0, 3, 4, 2)
    inside = slab.permute(0, 2, 1, 5, 3, 4)[1, ..., 2:22, 3:23]
    for laid in (channels_last, inside):
        assert not laid.is_contiguous() and torch.equal(views(laid, drawn(6)), expected)


@pytest.mark.parametrize("threads", [2, 3, 64])
def test_threads_share_the_batch_and_change_no_bit(threads: int, drawn: Callable[..., Draws]):
    pixels, views = as_bytes(clips(7)), SimCLRViews(by="fused")
    alone = views(pixels, drawn(7))
    torch.set_num_threads(threads)
    assert torch.equal(views(pixels, drawn(7)), alone)


def test_a_look_is_what_each_purpose_draws(drawn: Callable[..., Draws]):
    """The numbers of the first version, purpose by purpose: a run of today sees what one of then saw."""
    views, draws = SimCLRViews(), drawn(300, seed=5, epoch=2, view=1)
    jitter = views.jitter
    look = looks(draws, 64, views.flip, jitter, views.gray, views.blur)
    strengths = {"brightness": jitter.brightness, "contrast": jitter.contrast, "saturation": jitter.saturation}
    factors = [draws.uniform(name, 1, max(0.0, 1 - s), 1 + s)[:, 0] for name, s in strengths.items()]
    expected = Look(
        flip=draws.chance("flip", 0.5),
        jitter=draws.chance("jitter", 0.8),
        order=np.argsort(draws.uniform("jitter order", 4), axis=1),
        factors=np.stack([*factors, draws.uniform("hue", 1, -0.2, 0.2)[:, 0]], axis=1),
        gray=draws.chance("gray", 0.2),
        sigma=np.where(draws.chance("blur chance", 0.5), draws.uniform("blur", 1, 0.1, 2.0)[:, 0], 0),
        width=7,
    )
    for field in fields(Look):
        np.testing.assert_array_equal(getattr(look, field.name), getattr(expected, field.name))


def test_fused_is_refused_off_the_cpu():
    with pytest.raises(Refusal, match="by is fused, which runs on the CPU, not on cuda:1; leave it at auto, or choose"):
        SimCLRViews(by="fused").executor(torch.device("cuda", 1))
    assert SimCLRViews().executor(torch.device("cuda")) == "kornia"
    assert SimCLRViews(by="kornia").executor(torch.device("cpu")) == "kornia"


@pytest.mark.parametrize("kernel", [-0.1, 1.1])
def test_a_blur_wider_than_the_picture_is_refused(kernel: float):
    with pytest.raises(ValueError, match=f"kernel must lie between 0 and 1, got {kernel}"):
        Blur(kernel=kernel)
    assert Blur(kernel=1.0).width(8) == 9  # 4 to each side, which eight pixels can mirror
