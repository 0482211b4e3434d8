"""Libraries that decide numbers are named with their versions, optional ones where they are there."""

import platform

import numba
import numpy
import scipy
import sklearn

from training import provenance
from training.provenance import versions


def test_libraries_are_named_if_they_are_there(monkeypatch):
    for name, library in (("numba", numba), ("numpy", numpy), ("scipy", scipy), ("scikit-learn", sklearn)):
        assert versions()[name] == library.__version__
    assert {"opencv-python", "imagecorruptions-imaug", "pyautoattack"} <= {*provenance.LIBRARIES}
    monkeypatch.setattr(provenance, "LIBRARIES", ("numpy", "no-such-library"))
    assert versions.__wrapped__() == {"python": platform.python_version(), "numpy": numpy.__version__}
