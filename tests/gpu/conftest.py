"""What only a GPU can show: ``make gpu-check``. Elsewhere all of it is skipped."""

import os

import pytest
import torch
from accelerate.state import AcceleratorState

from pipelines.check import Check
from pipelines.decoders import Turbo
from shards.sources.synthetic import Synthetic
from tests.making import make_all

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # else matrix products may differ from run to run


@pytest.fixture(autouse=True, scope="session")
def device() -> torch.device:
    if not torch.cuda.is_available():
        pytest.skip("not run: torch.cuda.is_available() is false here")
    return torch.device("cuda")


@pytest.fixture(autouse=True)
def anew():
    """Accelerate keeps the precision of a process's first run for all later ones."""
    AcceleratorState._reset_state(True)
    yield
    AcceleratorState._reset_state(True)


@pytest.fixture
def exact(monkeypatch):
    """Convolutions in single precision: a GPU else rounds what they multiply to ten bits."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


@pytest.fixture
def repeatable():
    """The same sums in the same order every time."""
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """OUT of 200 training and 40 test images."""
    out, source = tmp_path_factory.mktemp("images"), Synthetic(train=200, test=40)
    for split, listing in source.splits().items():
        make_all(source, listing, out / split, samples_per_shard=100, check=Check(listing.kind, (Turbo(),)))
    return out
