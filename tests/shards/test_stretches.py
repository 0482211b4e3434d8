"""Segments and chunks are made by time, of each frame exactly once, while only a few are held."""

from collections.abc import Iterator
from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shards.recode.stretches import TAIL, Frame, chunks, timed, within
from shards.refusal import Refusal


def at(*times: Fraction | float) -> Iterator[Frame]:
    return (Frame(number, Fraction(time), None) for number, time in enumerate(times))  # pyright: ignore


def even(count: int, rate: Fraction) -> Iterator[Frame]:
    return at(*(number / rate for number in range(count)))


@given(
    st.lists(st.fractions(Fraction(1, 120), Fraction(3, 4), max_denominator=1000), max_size=120), st.floats(1.0, 5.0)
)
def test_chunks_hold_each_frame_once_and_only_a_tail_makes_one_longer(steps: list[Fraction], seconds: float):
    times = [sum(steps[:place], Fraction(7)) for place in range(len(steps) + 1)]
    found = [(suffix, [frame for frame in members]) for suffix, members in chunks(at(*times), seconds)]
    assert [frame.number for _, members in found for frame in members] == [*range(len(times))]
    assert sorted({suffix for suffix, _ in found}) == [suffix for suffix, _ in found] and found[0][0] == "-000"
    spans = [members[-1].time - members[0].time for _, members in found]
    assert all(span < seconds for span in spans[:-1]) and spans[-1] < seconds + TAIL + max([0, *steps])
    assert len(spans) == 1 or spans[-1] >= TAIL


@pytest.mark.parametrize(
    ("count", "sizes"), [(250, [250]), (263, [263]), (264, [250, 14]), (500, [250, 250]), (513, [250, 263])]
)
def test_a_remainder_below_half_a_second_joins_the_chunk_before(count: int, sizes: list[int]):
    assert [len([*members]) for _, members in chunks(even(count, Fraction(25)), 10.0)] == sizes


def test_what_has_more_behind_it_is_no_tail():
    assert [[frame.number for frame in some] for _, some in chunks(at(0, 0.9, 1.6, 2.0), 1.0)] == [[0, 1], [2, 3]]


def test_without_chunks_the_name_gets_nothing():
    ((suffix, members),) = chunks(even(5, Fraction(25)), None)
    assert suffix == "" and len([*members]) == 5


def test_only_half_a_second_of_frames_is_held():
    pulled = given_out = most = 0

    def counted() -> Iterator[Frame]:
        nonlocal pulled
        for frame in even(3000, Fraction(25)):
            pulled += 1
            yield frame

    for _, members in chunks(counted(), 10.0):
        for _ in members:
            most, given_out = max(most, pulled - given_out), given_out + 1
    assert given_out == 3000 and most <= 15


@pytest.mark.parametrize("rate", [Fraction(30000, 1001), Fraction(30), Fraction(25, 2)])
@pytest.mark.parametrize("rounded", [False, True], ids=["exact", "to milliseconds"])
def test_a_segment_starts_with_its_frame_and_ends_before_the_next(rate: Fraction, rounded: bool):
    times = [Fraction(round(number / rate * 1000), 1000) if rounded else number / rate for number in range(100)]
    for first, last in ((0, 1), (7, 31), (99, 100)):
        segment = float(first / rate), float(last / rate)
        assert [frame.number for frame in within(at(*times), segment)] == [*range(first, last)]


def test_a_segment_after_the_end_is_refused_with_the_numbers():
    with pytest.raises(Refusal, match="no frame from second 9 to 10.5; its last frame is at 3.96"):
        [*within(even(100, Fraction(25)), (9.0, 10.5))]


def test_nothing_is_decoded_behind_a_segment():
    def bounded() -> Iterator[Frame]:
        yield from even(11, Fraction(10))
        raise AssertionError("decoded on")

    assert len([*within(bounded(), (0.2, 0.9))]) == 7


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        ([100, 104, 110], [0, 4, 10]),  # as they are, from the first one on
        ([None, None, None], [0, 5, 10]),  # none: by the rate
        ([0, None, 10], [0, 5, 10]),
        ([0, 3, 3, 2, 20], [0, 3, 8, 13, 20]),  # no later than the last one: by the rate
    ],
)
def test_times_rise_whatever_the_file_says(stamps: list[int | None], times: list[int]):
    pictures = [av.VideoFrame(2, 2, "gray") for _ in stamps]
    for picture, stamp in zip(pictures, stamps, strict=True):
        picture.pts, picture.time_base = stamp, Fraction(1, 100)
    assert [frame.time * 100 for frame in timed(pictures, Fraction(20))] == times
