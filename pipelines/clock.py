"""Where the time goes: seconds per stage since the last reading."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from torch.profiler import record_function


class Clock:
    """Sums seconds per named stage; stages may be timed by several threads. A profiler sees them by their names."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._lock = threading.Lock()

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            with record_function(stage):
                yield
        finally:
            with self._lock:
                self._seconds[stage] += time.perf_counter() - start

    def read(self) -> dict[str, float]:
        """Seconds per stage since the last call."""
        with self._lock:
            seconds, self._seconds = dict(self._seconds), defaultdict(float)
        return seconds
