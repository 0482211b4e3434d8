"""No property test fails for being slow: speed is measured by tools/benchmark.py, not by tests."""

from hypothesis import settings

settings.register_profile("antipodal", deadline=None)
settings.load_profile("antipodal")
