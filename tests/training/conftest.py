"""Small synthetic data sets, made once by the real command's code."""

from pathlib import Path

import pytest

from pipelines.check import Check
from pipelines.decoders import Dali, Decord, PyAV, Turbo
from shards.sources.synthetic import Synthetic
from tests.making import make_all


def make(folder: Path, **options) -> Path:
    source = Synthetic(**options)
    for split, listing in source.splits().items():
        check = Check(listing.kind, (Turbo(), Dali()) if listing.kind == "image" else (PyAV(), Decord()))
        make_all(source, listing, folder / split, samples_per_shard=20, jobs=1, check=check)
    return folder


@pytest.fixture(scope="session")
def images(tmp_path_factory) -> Path:
    """OUT of 50 training and 10 test images."""
    return make(tmp_path_factory.mktemp("images"), medium="image", train=50, test=10)


@pytest.fixture(scope="session")
def videos(tmp_path_factory) -> Path:
    """OUT of 21 training and 8 test videos."""
    return make(tmp_path_factory.mktemp("videos"), medium="video", train=21, test=8)
