"""The clock adds up stages, also those that fail, and forgets what was read."""

import threading

import pytest

from pipelines.clock import Clock


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the time is one second later than the one before."""
    times = iter(range(10_000))
    monkeypatch.setattr("pipelines.clock.time.perf_counter", lambda: float(next(times)))


def test_seconds_add_up_by_stage_and_are_read_once(seconds: None):
    clock = Clock()
    for stage in ("read", "decode", "read"):
        with clock(stage):
            pass
    assert clock.read() == {"read": 2, "decode": 1}
    assert clock.read() == {}


def test_a_stage_that_fails_is_timed_too(seconds: None):
    clock = Clock()
    with pytest.raises(KeyError), clock("decode"):
        raise KeyError
    assert clock.read() == {"decode": 1}


def test_stages_of_several_threads_are_all_counted():
    clock = Clock()

    def work(stage: str) -> None:
        for _ in range(100):
            with clock(stage):
                pass

    threads = [threading.Thread(target=work, args=(stage,)) for stage in "abab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(clock.read()) == {"a", "b"}
