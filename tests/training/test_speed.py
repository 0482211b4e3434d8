"""Times are added up from two clocks, and shared out as the docstrings say: closed forms on clocks that stand still."""

import pytest
import torch
from accelerate import Accelerator

from pipelines.clock import Clock
from training.floor import Floor
from training.speed import STAGES, Speed


class Hands:
    """A wall clock and a CPU clock that move when they are told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.wall, self.cpu = 100.0, 50.0
        monkeypatch.setattr("time.perf_counter", lambda: self.wall)
        monkeypatch.setattr("time.process_time", lambda: self.cpu)

    def move(self, wall: float, cpu: float = 0.0) -> None:
        self.wall, self.cpu = self.wall + wall, self.cpu + cpu


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch)


FLOOR = Floor(1.0, 2.0)


def speed(floor: Floor | None = FLOOR) -> Speed:
    return Speed(Accelerator(cpu=True), Clock(), batch=6, cores=2, floor=floor)


def two_steps(timed: Speed, hands: Hands) -> None:
    """Of 1.5 seconds each, half a second of which is a stall; 2.5 CPU seconds each."""
    for _ in range(2):
        with timed.clock("stall"), timed.clock("wait"):
            hands.move(0.5, 0.5)
        hands.move(1, 2)


def test_figures_of_steps_with_a_probe_between_them(hands: Hands):
    timed = speed()
    two_steps(timed, hands)
    with timed.pause():
        hands.move(100, 77)
    found = timed.read(2)
    assert found == pytest.approx(
        {f"seconds/{stage}": 0.5 if stage in ("stall", "wait") else 0.0 for stage in STAGES}
        | {"seconds/step": 1.5, "seconds/compute": 1.0, "CPU seconds/step": 2.5, "samples per second": 4.0}
        | {"stall share": 1 / 3, "cores busy": 2.5 / 3, "data share of CPU": 0.2}
        | {"seconds/step without data": 1.0, "CPU seconds/step without data": 2.0, "share of data-free floor": 2 / 3}
    )


def test_each_reading_begins_where_the_last_one_ended_and_the_sentence_has_them_all(hands: Hands):
    timed = speed()
    two_steps(timed, hands)
    first = timed.read(2)
    hands.move(3, 2)  # the line is written: part of the next step
    two_steps(timed, hands)
    second = timed.read(2)
    assert (first["seconds/step"], second["seconds/step"]) == (1.5, 3.0)
    assert second["data share of CPU"] == pytest.approx(1 - 2 / 3.5)
    assert timed.sentence() == (
        "4 steps, 3 samples/s, 44% of the data-free floor, stalled for 22.2% of the time, 67% of 2 core(s) busy, "
        "33% of the CPU time for data"
    )


def test_without_a_floor_nothing_is_said_of_it_and_data_never_costs_less_than_nothing(hands: Hands):
    bare, cheap = speed(floor=None), speed(floor=Floor(1.0, 9.0))
    two_steps(bare, hands)
    found = bare.read(2)
    assert not any("data" in name for name in found) and "data" not in bare.sentence()
    assert cheap.read(2)["data share of CPU"] == 0


def test_of_several_processes_means_are_taken_and_the_worst_stall(hands: Hands):
    timed = speed()
    # seconds, CPU seconds, stages: two processes that take 2 steps
    spent = torch.tensor([[4.0, 6.0, 0, 0, 0, 0, 0, 1.0], [4.0, 4.0, 0, 0, 0, 0, 0, 3.0]], dtype=torch.float64)
    found = timed._figures(spent, 2)
    assert found["stall share"] == 0.75 and found["seconds/stall"] == 1.0 and found["seconds/compute"] == 1.0
    assert found["CPU seconds/step"] == 2.5 and found["cores busy"] == 5 / 8
