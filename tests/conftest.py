"""No property test fails for being slow: speed is measured by tools/benchmark.py, not by tests."""

import pytest
import torch
from hypothesis import settings

settings.register_profile("antipodal", deadline=None)
settings.load_profile("antipodal")


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Also after a test whose command took all cores: threads that wait for each other cost small tensors the most."""
    torch.set_num_threads(1)
