"""Augmentation: a pure function of a sample's own draws, with the law of torchvision's transforms, by each executor."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as tv

from pipelines.draws import Draws
from pipelines.views import MoCoViews, SimCLRViews
from pipelines.views.steps import Blur, ColorJitter, Flip, Grayscale
from tests.pipelines.pictures import as_bytes, clips

OFF = {"flip": Flip(0.0), "jitter": ColorJitter(probability=0.0), "gray": Grayscale(0.0), "blur": Blur(0.0)}


def only(**steps) -> SimCLRViews:
    return SimCLRViews(**{**OFF, **steps})


STEPS = {
    "flip": only(flip=Flip()), "jitter": only(jitter=ColorJitter()), "gray": only(gray=Grayscale()),
    "strong jitter": only(jitter=ColorJitter(0.8, 0.8, 0.8, 0.2)), "blur": only(blur=Blur()),
}  # fmt: skip
WHOLE = {"simclr": SimCLRViews(), "moco": MoCoViews()}
BY = pytest.mark.parametrize("by", ["fused", "kornia"])
EVERY = pytest.mark.parametrize("views", [*STEPS.values(), *WHOLE.values()], ids=[*STEPS, *WHOLE])


@BY
@EVERY
def test_views_are_reproducible_bounded_and_the_same_alone_as_in_a_batch(views, by, drawn: Callable[..., Draws]):
    views, pixels = replace(views, by=by), as_bytes(clips(16))
    before = pixels.clone()
    together = views(pixels, drawn(16))
    assert together.shape == pixels.shape and together.min() >= 0 and together.max() <= 1
    assert together.is_contiguous() and together.dtype == torch.float32
    assert torch.equal(views(pixels, drawn(16)), together) and torch.equal(pixels, before)
    for i in range(0, 16, 3):
        torch.testing.assert_close(views(pixels[i : i + 1], drawn(1, first=i))[0], together[i], rtol=0, atol=1e-6)


@BY
@EVERY
def test_frames_of_a_clip_share_one_draw(views, by, drawn: Callable[..., Draws]):
    still = as_bytes(clips(32, frames=1)).expand(-1, 4, -1, -1, -1)
    changed = replace(views, by=by)(still, drawn(32))
    assert not torch.equal(changed, still / 255)
    torch.testing.assert_close(changed, changed[:, :1].expand_as(changed), rtol=0, atol=1e-6)


@BY
@pytest.mark.parametrize("step", [Flip(), ColorJitter(), Grayscale(), Blur(sigma=(1.0, 2.0))])
def test_probability_says_how_many_samples_change(step, by, drawn: Callable[..., Draws]):
    name = next(name for name, off in OFF.items() if type(off) is type(step))
    pixels = as_bytes(clips(400, 1, 20))
    for probability in (0.0, 0.3, 1.0):
        views = replace(only(**{name: replace(step, probability=probability)}), by=by)
        changed = ((views(pixels, drawn(400)) - pixels / 255).abs() > 1e-6).flatten(1).any(1).float().mean().item()
        assert abs(changed - probability) <= 4 * (probability * (1 - probability) / 400) ** 0.5


@pytest.mark.parametrize("views", WHOLE.values(), ids=WHOLE)
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


@BY
def test_flip_mirrors_left_and_right(by, drawn: Callable[..., Draws]):
    pixels = as_bytes(clips(4))
    expected = tv.horizontal_flip(pixels) / 255
    torch.testing.assert_close(only(flip=Flip(1.0), by=by)(pixels, drawn(4)), expected, rtol=0, atol=1e-7)


@BY
def test_grayscale_is_torchvisions(by, drawn: Callable[..., Draws]):
    pixels = as_bytes(clips(4))
    expected = tv.rgb_to_grayscale(pixels / 255, num_output_channels=3)
    found = only(gray=Grayscale(1.0), by=by)(pixels, drawn(4))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-3)  # three digits of 0.299


@BY
@pytest.mark.parametrize("jitter", [ColorJitter(0.4, 0.4, 0.4, 0.1, 1.0), ColorJitter(0.8, 0.8, 0.8, 0.2, 1.0)])
def test_colour_jitter_is_torchvisions_in_the_drawn_order(jitter: ColorJitter, by, drawn: Callable[..., Draws]):
    pixels, draws = as_bytes(clips(24, 1)), drawn(24)
    order = draws.uniform("jitter order", 4).argsort(1)
    assert len({tuple(row) for row in order}) > 10
    factors = {
        purpose: draws.uniform(purpose, 1, max(0, 1 - strength), 1 + strength)[:, 0].tolist()
        for purpose, strength in vars(jitter).items() if purpose in ("brightness", "contrast", "saturation")
    }  # fmt: skip
    hue = draws.uniform("hue", 1, -jitter.hue, jitter.hue)[:, 0].tolist()
    expected = pixels / 255
    for i in range(24):
        for operation in order[i]:
            expected[i, 0] = (
                lambda x, i=i: tv.adjust_brightness(x, factors["brightness"][i]),
                lambda x, i=i: tv.adjust_contrast(x, factors["contrast"][i]),
                lambda x, i=i: tv.adjust_saturation(x, factors["saturation"][i]),
                lambda x, i=i: tv.adjust_hue(x, hue[i]),
            )[operation](expected[i, 0])
    torch.testing.assert_close(only(jitter=jitter, by=by)(pixels, draws), expected, rtol=0, atol=2e-4)


@BY
def test_contrast_keeps_the_mean_of_the_whole_clip(by, drawn: Callable[..., Draws]):
    pixels = torch.stack([torch.full((3, 8, 8), 51), torch.full((3, 8, 8), 153)])[None].to(torch.uint8)  # 0.2 and 0.6
    views = only(jitter=ColorJitter(0.0, 0.5, 0.0, 0.0, 1.0), by=by)
    dark, bright = views(pixels, drawn(1))[0].mean((1, 2, 3))
    factor = drawn(1).uniform("contrast", 1, 0.5, 1.5).item()
    torch.testing.assert_close((dark, bright), (torch.tensor(0.4 - 0.2 * factor), torch.tensor(0.4 + 0.2 * factor)))


@BY
def test_blur_is_a_gaussian_convolution_of_the_mirrored_picture(by, drawn: Callable[..., Draws]):
    pixels, draws = as_bytes(clips(3, 2, 40)), drawn(3)
    sigmas, reach = draws.uniform("blur", 1, 0.1, 2.0)[:, 0], 2  # a tenth of 40, to the next odd number: 5 wide
    expected = torch.zeros(pixels.shape)
    mirrored = torch.nn.functional.pad(pixels.flatten(0, 1) / 255, [reach] * 4, mode="reflect").unflatten(0, (3, 2))
    for i, sigma in enumerate(sigmas):
        weights = {(y, x): np.exp(-(y * y + x * x) / (2 * sigma**2)) for y in range(-2, 3) for x in range(-2, 3)}
        for (y, x), weight in weights.items():
            moved = mirrored[i, ..., reach + y : reach + y + 40, reach + x : reach + x + 40]
            expected[i] += moved * float(weight / sum(weights.values()))
    torch.testing.assert_close(only(blur=Blur(1.0), by=by)(pixels, draws), expected, rtol=0, atol=1e-4)


@BY
@pytest.mark.parametrize("side", [8, 32, 224])
def test_an_even_picture_stays_even_under_blur(side: int, by, drawn: Callable[..., Draws]):
    flat = torch.full((2, 1, 3, side, side), 179, dtype=torch.uint8)
    torch.testing.assert_close(only(blur=Blur(1.0), by=by)(flat, drawn(2)), flat / 255)
