"""Small synthetic data sets, made once by the real command's code."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal

import pytest

from pipelines.check import Check
from pipelines.decoders import Dali, Decord, PyAV, Turbo
from shards.make import make_split
from shards.plan import Plan
from shards.sources.synthetic import Synthetic
from shards.target import Local
from shards.textures import Stochastic
from shards.treat import Treatment
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


@pytest.fixture(scope="session")
def textured(tmp_path_factory) -> Callable[[Literal["image", "video"]], Path]:
    """Of a medium: OUT of 16 training samples with textures."""

    @cache
    def of(medium: Literal["image", "video"]) -> Path:
        out, source = tmp_path_factory.mktemp("textured"), Synthetic(medium, train=16, test=0)
        check = Check(medium, (Turbo(),) if medium == "image" else (PyAV(),))
        plan = Plan(source, source.splits()["train"], 8, Treatment(texture=Stochastic(), check=check))
        assert sum(done.items for done in make_split(plan, Local(out / "train"))) == 16
        return out

    return of
