"""Small generated data sets of two splits."""

from pathlib import Path

import pytest

from shards.sources.synthetic import Synthetic
from tests.making import make_all


@pytest.fixture(scope="session", params=["image", "video"])
def generated(request, tmp_path_factory) -> tuple[str, Path]:
    """The medium, and OUT of 24 training and 6 test samples. Read only; copy it before you damage it."""
    source, out = Synthetic(medium=request.param, train=24, test=6), tmp_path_factory.mktemp("generated")
    for split, listing in source.splits().items():
        make_all(source, listing, out / split, 10, jobs=1)
    return request.param, out
