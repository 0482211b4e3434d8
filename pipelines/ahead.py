"""Work done ahead of time by one thread: the accelerator trains on batch s while batch s + 1 is being decoded."""

import threading
from collections.abc import Callable, Generator
from itertools import count
from queue import Queue
from typing import TypeVar

T = TypeVar("T")
DEPTH = 2  # batches that may wait; more would only cost memory


def ahead(work: Callable[[int], T], start: int, stop: int | None = None) -> Generator[T, None, None]:
    """Yield ``work(start)``, ``work(start + 1)`` … in order, computed by one thread at most ``DEPTH`` items ahead.

    An error in ``work`` is raised where its result would have been. The thread ends when the iterator is closed.
    """
    results: Queue[tuple[T | None, BaseException | None]] = Queue(DEPTH)
    closed = threading.Event()

    def run() -> None:
        for number in count(start) if stop is None else range(start, stop):
            if closed.is_set():
                return
            try:
                results.put((work(number), None))
            except BaseException as error:
                results.put((None, error))
                return

    def stream() -> Generator[T, None, None]:
        thread = threading.Thread(target=run, name="ahead", daemon=True)
        thread.start()
        try:
            for _ in count(start) if stop is None else range(start, stop):
                result, error = results.get()
                if error is not None:
                    raise error
                yield result  # type: ignore[misc]
        finally:
            closed.set()
            while not results.empty():
                results.get()  # let a thread that waits in put() see that it is over
            thread.join()

    return stream()
