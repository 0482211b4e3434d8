"""Every row is some thread's, once; an error of a thread is the caller's."""

import threading

import pytest
import torch

from pipelines.threads import in_threads


@pytest.mark.parametrize("rows", [0, 1, 2, 7, 12])
@pytest.mark.parametrize("threads", [1, 3, 5])
def test_every_row_is_worked_on_once_by_as_many_threads_as_there_are(rows: int, threads: int):
    torch.set_num_threads(threads)
    done, workers = [], set()
    together = threading.Barrier(max(min(rows, threads), 1), timeout=60)

    def work(first: int, step: int) -> None:
        together.wait()  # or one thread might do it all
        workers.add(threading.get_ident())
        done.extend(range(first, rows, step))

    in_threads(work, rows)
    assert sorted(done) == list(range(rows)) and len(workers) == max(min(rows, threads), 1)


@pytest.mark.parametrize("threads", [1, 4])
def test_an_error_is_raised(threads: int):
    torch.set_num_threads(threads)
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda first, step: 1 // (step - first - 1), 8)
