"""The rows of a batch shared out among threads, by work that lets go of Python's lock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch


def in_threads(work: Callable[[int, int], None], rows: int) -> None:
    """``work(first, step)`` for every ``step``-th row from ``first`` on, on as many threads as torch has.

    The threads live as long as the call: to start them takes a tenth of a millisecond, and nobody must end them.
    """
    threads = max(min(torch.get_num_threads(), rows), 1)
    if threads == 1:
        return work(0, 1)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads), [threads] * threads))
