"""The held-out samples, and features that are computed once."""

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from pipelines.chosen import augmented
from pipelines.decoders import Plain
from pipelines.loader import Loader, Place
from shards.read import Shards
from training.probes.features import extract
from training.probes.pixels import MOST, RawPixels, centred
from training.probes.split import held_out


@pytest.mark.parametrize("count", [2, 15, 194, 50_000])
def test_held_out_and_rest_make_the_whole(count):
    held, rest = held_out(count, 5000)
    assert sorted([*held, *rest]) == list(range(count)) and len(held) == max(count // 10, 1)


def test_a_smaller_split_is_part_of_a_larger():
    small, large = held_out(50_000, 1000)[0], held_out(50_000, 5000)[0]
    assert len(small) == 1000 and np.array_equal(small, large[:1000])


def test_raw_pixels_are_pooled_until_all_samples_fit():
    assert RawPixels(60_000, 1, 32).side == 32 and RawPixels(100, 1, 224).side == 32
    clips = RawPixels(240_000, 16, 112)
    assert (
        240_000 * 16 * 3 * clips.side**2 <= MOST
        and clips(torch.rand(2, 16, 3, 112, 112)).shape[1] == 48 * clips.side**2
    )
    picture = torch.rand(2, 1, 3, 8, 8)
    assert torch.equal(RawPixels(10, 1, 8)(picture), picture.flatten(1))
    torch.testing.assert_close(centred(picture.flatten(1)).mean(1), torch.zeros(2), atol=1e-6, rtol=0)


def test_several_modules_see_the_same_samples_decoded_once(images):
    shards = Shards(images / "train")
    loader, place, numbers = Loader(images / "train", batch=8, side=16, decoder=Plain()), Place(), np.array([4, 30, 2])
    raw, tiny = RawPixels(50, 1, 16), torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(768, 5))
    (pixels, features), samples = extract([raw, tiny], loader, shards, numbers, place, Accelerator(cpu=True))
    assert np.array_equal(samples, numbers) and tiny.training
    torch.testing.assert_close(tiny(pixels), features)
    torch.testing.assert_close(pixels, next(iter(loader.sweep(shards, place, numbers)))[1].flatten(1))


def test_chosen_samples_look_as_they_do_in_the_stream(images):
    loader = Loader(images / "train", batch=8, side=16, decoder=Plain())
    stream = loader.open(Place(), seed=3)
    batch = next(stream)
    stream.close()
    shards, place = Shards(images / "train"), Place()
    parts = [views for _, views in augmented(loader, shards, place, batch.ids.numpy(), seed=3)]
    assert len(parts) == 1 and all(torch.equal(a, b) for a, b in zip(parts[0], batch.views, strict=True))
    assert [len(first) for _, (first, _) in augmented(loader, shards, place, np.arange(20), seed=3)] == [8, 8, 4]
