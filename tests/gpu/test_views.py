"""Draws executed on a GPU, beside the same draws on the CPU."""

from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.batch import Batch
from pipelines.decoders import Turbo
from pipelines.draws import draws_of
from pipelines.loader import Loader, Place
from pipelines.negatives import Frames, Patches
from pipelines.views import MoCoViews, SimCLRViews, WeakViews
from tests.pipelines.pictures import as_bytes, clips
from training.attacks.noise import noise

COUNT = 64
DRAW = draws_of(7, np.zeros(COUNT, np.int64), np.arange(COUNT))[0]


@pytest.mark.parametrize("frames", [1, 4])
@pytest.mark.parametrize("views", [SimCLRViews(), MoCoViews()], ids=["simclr", "moco"])
def test_views_are_those_of_the_cpu(views, frames, device):
    pixels = as_bytes(clips(COUNT, frames))
    pixels = pixels.transpose(-1, -3).contiguous().transpose(-1, -3)  # decoders promise no order in memory
    found, known = views(pixels.to(device), DRAW), replace(views, by="kornia")(pixels, DRAW)
    torch.testing.assert_close(found.cpu(), known, rtol=0, atol=1 / 255)


def test_weak_views_are_those_of_the_cpu(device):
    pixels = as_bytes(clips(COUNT, frames=4))  # a GPU multiplies by 1/255 where a CPU divides
    torch.testing.assert_close(WeakViews()(pixels.to(device), DRAW).cpu(), WeakViews()(pixels, DRAW), rtol=0, atol=1e-6)


def test_start_noise_is_bit_by_bit_that_of_the_cpu(device):
    view, ids = clips(8, frames=4), torch.arange(2**40, 2**40 + 8)
    there, here = (
        Batch((view.to(place),), view[:, None][:, :0].to(place), ids.to(place), None, epochs=ids.to(place) % 7, seed=3)
        for place in (torch.device("cpu"), device)
    )
    assert torch.equal(noise(here, 1).cpu(), noise(there, 1))


@pytest.mark.parametrize(
    "negatives", [*(Patches(2, kind=kind) for kind in ("crops", "permutation", "repeated")), Frames(count=2)], ids=repr
)
def test_negatives_are_those_of_the_cpu(negatives, device):
    view = clips(COUNT, frames=4)
    assert torch.equal(negatives(view.to(device), DRAW).cpu(), negatives(view, DRAW))


def test_batches_are_those_of_the_cpu(images, device):
    """Also late ones, made while later ones are being decoded."""
    loader = Loader(images / "train", 32, 32, decoder=Turbo(), views=SimCLRViews(by="kornia"), negatives=Patches())
    streams = [loader.open(Place(device=place, threads=2), seed=1) for place in (device, torch.device("cpu"))]
    with closing(streams[0]), closing(streams[1]):
        for _ in range(8):
            found, known = (next(stream) for stream in streams)
            assert found.ids.is_cuda and found.ids.tolist() == known.ids.tolist()
            assert found.labels.tolist() == known.labels.tolist()
            for mine, its in zip((*found.views, found.negatives), (*known.views, known.negatives), strict=True):
                torch.testing.assert_close(mine.cpu(), its, rtol=0, atol=1 / 255)
