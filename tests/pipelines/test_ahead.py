"""One thread works ahead: in order, not too far, and it ends with its iterator."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from pipelines.ahead import DEPTH, ahead


def working() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "ahead"]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert not working()


def test_results_come_in_order_up_to_the_stop():
    assert list(ahead(lambda number: number**2, 3, 8)) == [9, 16, 25, 36, 49]
    assert list(ahead(lambda number: number, 3, 3)) == []


def test_without_a_stop_it_never_ends():
    with closing(ahead(lambda number: number, 10**9)) as stream:
        assert [next(stream) for _ in range(50)] == list(range(10**9, 10**9 + 50))


def test_an_error_is_raised_at_its_place_and_ends_the_stream():
    def work(number: int) -> int:
        if number == 2:
            raise KeyError("third")
        return number

    stream = ahead(work, 0)
    assert [next(stream), next(stream)] == [0, 1]
    with pytest.raises(KeyError, match="third"):
        next(stream)
    assert list(stream) == []


def test_no_more_is_computed_than_may_wait():
    """``DEPTH`` results wait in the queue and one in the thread's hand; the next begins when one is taken."""
    begun, far_enough = [], threading.Event()

    def work(number: int) -> int:
        begun.append(number)
        if number == DEPTH + 1:
            far_enough.set()
        return number

    with closing(ahead(work, 0)) as stream:
        next(stream)
        assert far_enough.wait(10) and not threading.Event().wait(0.05)
        assert begun == list(range(DEPTH + 2))  # one was taken


@pytest.mark.parametrize("taken", [1, 2, 5])
def test_closing_ends_the_thread(taken: int):
    stream = ahead(lambda number: number, 0)
    for _ in range(taken):
        next(stream)
    assert len(working()) == 1
    stream.close()
    assert not working()


def test_closing_waits_for_the_work_in_hand():
    busy, finish, finished = threading.Event(), threading.Event(), []

    def work(number: int) -> int:
        if number:
            busy.set()
            finish.wait()
            finished.append(number)
        return number

    stream = ahead(work, 0)
    next(stream)
    busy.wait()
    finish.set()
    stream.close()
    assert finished and not working()


def test_an_iterator_that_is_never_asked_starts_no_thread():
    stream = ahead(lambda number: number, 0)
    assert not working()
    stream.close()
