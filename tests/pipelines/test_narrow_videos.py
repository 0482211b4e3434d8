"""decord takes the padding of some narrow rows for a fourth channel; we do not."""

import numpy as np
import pytest
import torch

from pipelines.decoders import Decord, Plain
from shards.encode import mp4


@pytest.mark.parametrize("width", [16, 32, 44, 48, 56, 64, 100])
def test_rows_of_any_width_arrive_whole(width, cut_of):
    coarse = np.random.default_rng(0).integers(0, 256, (6, 4, width // 4, 3), dtype=np.uint8)
    video = mp4(coarse.repeat(8, axis=1).repeat(4, axis=2))
    cut = cut_of({"narrow.mp4": video}, [[[1, 3, 4]]], 16)
    ours, exact = (decoder.open("video", torch.device("cpu"), 1)(cut).float() for decoder in (Decord(), Plain()))
    assert (ours - exact).abs().mean() < 2
