"""Augmentation: a pure function of a sample's own draws, with the law of torchvision's transforms."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as tv

from pipelines.draws import Draws
from pipelines.views import MoCoViews, SimCLRViews
from pipelines.views.steps import Blur, ColorJitter, Flip, Grayscale

STEPS = {
    "flip": Flip(), "jitter": ColorJitter(), "strong jitter": ColorJitter(0.8, 0.8, 0.8, 0.2), "gray": Grayscale(),
    "blur": Blur(),
}  # fmt: skip
EVERY = pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
WHOLE = pytest.mark.parametrize("views", [SimCLRViews(), MoCoViews()], ids=["simclr", "moco"])


def clips(count: int, frames: int = 2, side: int = 32, seed: int = 0) -> Tensor:
    coarse = torch.rand(count * frames, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
    smooth = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bicubic").clamp(0, 1)
    return smooth.unflatten(0, (count, frames))


def as_bytes(pixels: Tensor) -> Tensor:
    return (pixels * 255).round().to(torch.uint8)


@EVERY
def test_a_step_is_reproducible_bounded_and_the_same_alone_as_in_a_batch(step, drawn: Callable[..., Draws]):
    views = clips(16)
    together = step(views, drawn(16))
    assert torch.equal(step(views, drawn(16)), together)
    assert together.shape == views.shape and together.min() >= 0 and together.max() <= 1
    for i in range(16):
        torch.testing.assert_close(step(views[i : i + 1], drawn(1, first=i))[0], together[i], rtol=0, atol=1e-6)


@EVERY
def test_a_step_leaves_its_input_alone(step, drawn: Callable[..., Draws]):
    views = clips(8)
    before = views.clone()
    step(views, drawn(8))
    assert torch.equal(views, before)


@EVERY
def test_frames_of_a_clip_share_one_draw(step, drawn: Callable[..., Draws]):
    still = clips(32, frames=1).expand(-1, 4, -1, -1, -1)
    changed = step(still, drawn(32))
    assert not torch.equal(changed, still)
    torch.testing.assert_close(changed, changed[:, :1].expand_as(changed), rtol=0, atol=1e-6)


@pytest.mark.parametrize("step", [Flip, ColorJitter, Grayscale, partial(Blur, sigma=(1.0, 2.0))])
def test_probability_says_how_many_samples_change(step: Callable, drawn: Callable[..., Draws]):
    views = clips(400, 1, 20)
    for probability in (0.0, 0.3, 1.0):
        changed = (step(probability=probability)(views, drawn(400)) != views).flatten(1).any(1).float().mean().item()
        assert abs(changed - probability) <= 4 * (probability * (1 - probability) / 400) ** 0.5


@WHOLE
def test_views_are_reproducible_and_the_same_alone_as_in_a_batch(views: SimCLRViews, drawn: Callable[..., Draws]):
    pixels = as_bytes(clips(12))
    together = views(pixels, drawn(12))
    assert torch.equal(views(pixels, drawn(12)), together) and together.min() >= 0 and together.max() <= 1
    for i in range(12):
        torch.testing.assert_close(views(pixels[i : i + 1], drawn(1, first=i))[0], together[i], rtol=0, atol=1e-6)


@WHOLE
def test_views_differ_between_samples_epochs_views_and_seeds(views: SimCLRViews, drawn: Callable[..., Draws]):
    same = as_bytes(clips(1)).expand(16, -1, -1, -1, -1)
    keys = ({}, {"epoch": 1}, {"view": 1}, {"seed": 1})
    results = torch.cat([views(same, drawn(16, **key)) for key in keys]).flatten(1)
    assert len({row.numpy().tobytes() for row in results}) > 0.9 * len(results)  # 1 in 20 views changes nothing
    boxes = np.concatenate([views.boxes(np.full((16, 2), 300), drawn(16, **key)) for key in keys])
    assert len(np.unique(boxes, axis=0)) == 64


@pytest.mark.parametrize("wrong", [{"scale": (0.0, 1.0)}, {"scale": (0.5, 0.2)}, {"ratio": (2.0, 1.0)}])
@pytest.mark.parametrize("views", [SimCLRViews, MoCoViews])
def test_impossible_crops_are_refused(views: type, wrong: dict):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        views(**wrong)


def test_flip_mirrors_left_and_right(drawn: Callable[..., Draws]):
    views = clips(4)
    assert torch.equal(Flip(1.0)(views, drawn(4)), tv.horizontal_flip(views))


def test_grayscale_is_torchvisions(drawn: Callable[..., Draws]):
    views = clips(4)
    expected = tv.rgb_to_grayscale(views, num_output_channels=3)
    torch.testing.assert_close(Grayscale(1.0)(views, drawn(4)), expected, rtol=0, atol=1e-3)  # three digits of 0.299


@pytest.mark.parametrize("jitter", [ColorJitter(0.4, 0.4, 0.4, 0.1, 1.0), ColorJitter(0.8, 0.8, 0.8, 0.2, 1.0)])
def test_colour_jitter_is_torchvisions_in_the_drawn_order(jitter: ColorJitter, drawn: Callable[..., Draws]):
    views, draws = clips(24, 1), drawn(24)
    order = draws.uniform("jitter order", 4).argsort(1)
    assert len({tuple(row) for row in order}) > 10
    factors = {
        purpose: draws.uniform(purpose, 1, max(0, 1 - strength), 1 + strength)[:, 0].tolist()
        for purpose, strength in vars(jitter).items() if purpose in ("brightness", "contrast", "saturation")
    }  # fmt: skip
    hue = draws.uniform("hue", 1, -jitter.hue, jitter.hue)[:, 0].tolist()
    expected = views.clone()
    for i in range(24):
        for operation in order[i]:
            expected[i, 0] = (
                lambda x, i=i: tv.adjust_brightness(x, factors["brightness"][i]),
                lambda x, i=i: tv.adjust_contrast(x, factors["contrast"][i]),
                lambda x, i=i: tv.adjust_saturation(x, factors["saturation"][i]),
                lambda x, i=i: tv.adjust_hue(x, hue[i]),
            )[operation](expected[i, 0])
    torch.testing.assert_close(jitter(views, draws), expected, rtol=0, atol=2e-4)


def test_contrast_keeps_the_mean_of_the_whole_clip(drawn: Callable[..., Draws]):
    views = torch.stack([torch.full((3, 8, 8), 0.3), torch.full((3, 8, 8), 0.6)])[None]
    dark, bright = ColorJitter(0.0, 0.5, 0.0, 0.0, 1.0)(views, drawn(1))[0].mean((1, 2, 3))
    factor = drawn(1).uniform("contrast", 1, 0.5, 1.5).item()
    torch.testing.assert_close((dark, bright), (torch.tensor(0.45 - 0.15 * factor), torch.tensor(0.45 + 0.15 * factor)))


def test_blur_is_a_gaussian_convolution_of_the_mirrored_picture(drawn: Callable[..., Draws]):
    views, draws = clips(3, 2, 40), drawn(3)
    sigmas, reach = draws.uniform("blur", 1, 0.1, 2.0)[:, 0], 2  # a tenth of 40, to the next odd number: 5 wide
    expected = torch.zeros_like(views)
    mirrored = torch.nn.functional.pad(views.flatten(0, 1), [reach] * 4, mode="reflect").unflatten(0, (3, 2))
    for i, sigma in enumerate(sigmas):
        weights = {(y, x): np.exp(-(y * y + x * x) / (2 * sigma**2)) for y in range(-2, 3) for x in range(-2, 3)}
        for (y, x), weight in weights.items():
            moved = mirrored[i, ..., reach + y : reach + y + 40, reach + x : reach + x + 40]
            expected[i] += moved * float(weight / sum(weights.values()))
    torch.testing.assert_close(Blur(1.0)(views, draws), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("side", [8, 32, 224])
def test_an_even_picture_stays_even_under_blur(side: int, drawn: Callable[..., Draws]):
    flat = torch.full((2, 1, 3, side, side), 0.7)
    torch.testing.assert_close(Blur(1.0)(flat, drawn(2)), flat)
