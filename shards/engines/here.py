"""This machine: shards side by side in processes of their own."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context, parent_process
from typing import TypeVar

from shards.refusal import Refusal

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Here:
    """Processes of this machine."""

    def __call__(self, work: Callable[[T], R], tasks: Iterable[T], jobs: int | None = None) -> Iterator[R]:
        """``work`` over ``tasks``, at most ``jobs`` at a time (``None``: one per usable core); results as they come.

        Raises: ``Refusal`` if a process was killed.
        """
        jobs = jobs or len(os.sched_getaffinity(0))
        if jobs == 1:
            yield from map(work, tasks)
            return
        # "spawn": forking a process that already runs threads can deadlock it
        with ProcessPoolExecutor(jobs, get_context("spawn"), _end_with_parent) as pool:
            waiting = iter(tasks)
            running = {pool.submit(work, task) for task in islice(waiting, jobs)}
            try:
                while running:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    running |= {pool.submit(work, task) for task in islice(waiting, len(done))}
                    yield from (future.result() for future in done)
            except BrokenProcessPool as error:
                raise Refusal(
                    "a process that makes shards was killed (by somebody, or for lack of memory: try fewer --jobs); "
                    "the finished shards stay: run the same command again, it goes on where it stopped"
                ) from error
            finally:
                pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """A pool's process waits for work for ever, even when there is nobody left to give it."""
    parent = parent_process()
    assert parent is not None, "this runs in a process that was started for the pool"

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="orphan", daemon=True).start()
