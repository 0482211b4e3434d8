"""DALI's pixels, decoded on a GPU, beside those of the same boxes on the CPU."""

from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest
import torch

from pipelines.boxes import random_boxes
from pipelines.decoders import Dali, Plain, Turbo
from pipelines.decoders.cut import Broken, Cut
from pipelines.draws import draws_of
from tests.pipelines.conftest import encode_image, photograph

pytest.importorskip("nvidia.dali.backend", reason="DALI is not installed")

CPU, NO_KEYS, COUNT = torch.device("cpu"), np.zeros(0, np.int32), 24


@pytest.fixture(scope="module")
def cut() -> Cut:
    """Two crops of JPEGs with full and halved colours, and of grey ones."""
    rng = np.random.default_rng(0)
    sides = rng.integers(100, 500, (COUNT, 2))
    pictures = [photograph(rng, height, width) for height, width in sides]
    files = []
    for pixels, form in zip(pictures, cycle(({"subsampling": 0}, {"subsampling": 2}, {})), strict=False):
        files.append(encode_image(pixels if form else pixels[:, :, 0], "JPEG", quality=90, **form))
    draws = draws_of(0, np.zeros(COUNT, np.int64), np.arange(COUNT))
    boxes = np.stack([random_boxes(sides, draw, (0.2, 1.0), (3 / 4, 4 / 3)) for draw in draws])
    names, extent = [str(number) for number in range(COUNT)], np.insert(sides, 0, 1, axis=1)
    return Cut(files, names, extent, [NO_KEYS] * COUNT, np.zeros((2, COUNT, 1), np.int64), boxes, 112)


@pytest.mark.parametrize("decoder", [Dali(), Turbo(), Plain()], ids=["dali", "turbo", "plain"])
def test_a_gpu_sees_what_a_cpu_sees(decoder, cut, device):
    found, known = Dali().open("image", device, 4)(cut), decoder.open("image", CPU, 4)(cut)
    assert found.is_cuda and found.shape == known.shape
    apart = found.cpu().float() - known.float()
    quality = 10 * torch.log10(255**2 / apart.square().mean((2, 3, 4, 5)).clamp(min=1e-3))
    print(f"mean {apart.abs().mean():.3f} of 255, worst {apart.abs().max():.0f}; PSNR of a picture: median ", end="")
    print(f"{quality.median():.1f} dB, least {quality.min():.1f} dB, by kind", quality.mean(0).view(-1, 3).mean(0))
    assert apart.abs().mean() < 1.5 and quality.median() >= 38 and quality.min() >= 30


def test_a_png_is_decoded(cut, device):
    height, width = cut.extent[0, 1:]
    alone = replace(cut.row(0), media=[encode_image(photograph(np.random.default_rng(1), height, width), "PNG")])
    found, known = (decoder.open("image", place, 4)(alone) for decoder, place in ((Dali(), device), (Plain(), CPU)))
    assert (found.cpu().float() - known.float()).abs().mean() < 1.5


def test_pixels_stay_while_later_ones_are_decoded(cut, device):
    execute = Dali().open("image", device, 4)
    cuts = [replace(cut, boxes=np.roll(cut.boxes, turn, axis=2)) for turn in (0, 0, 0)]
    cuts[1] = replace(cut, boxes=cut.boxes[::-1].copy())
    busy = torch.rand(4096, 4096, device=device)
    held = []
    for one in cuts:
        for _ in range(20):
            busy = busy @ busy.softmax(1)  # what is done with pixels comes long after they were asked for
        held.append(execute(one).float())
    assert torch.equal(held[0], held[2]) and torch.equal(held[1], held[0].flip(0))


@pytest.mark.parametrize("place", [0, 5])
def test_a_truncated_picture_is_refused_by_name(place, cut, device):
    media = list(cut.media)
    media[place] = media[place][: len(media[place]) // 20]
    execute = Dali().open("image", device, 4)
    with pytest.raises(Broken) as broken:
        execute(replace(cut, media=media))
    assert set(broken.value.reasons) == {place}
    assert torch.equal(execute(cut), Dali().open("image", device, 4)(cut))  # and it goes on working


def test_an_index_that_states_another_size_is_refused(cut, device):
    extent = cut.extent.copy()
    extent[2, 1] += 1
    with pytest.raises(Broken, match="dali sees"):
        Dali().open("image", device, 4)(replace(cut, extent=extent))
