"""Frame numbers: against a loop in plain Python, and by the law that their docstring states."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.draws import Draws
from pipelines.frames import Clip

clips = st.builds(
    Clip,
    length=st.integers(1, 9),
    stride=st.integers(1, 5),
    apart=st.floats(0, 1),
    short=st.sampled_from(["clamp", "loop"]),
)
videos = st.lists(st.integers(1, 60), min_size=1, max_size=6).map(np.array)


def slow_numbers(clip: Clip, frames: int, start: int) -> list[int]:
    numbers = []
    for turn in range(clip.length):
        number = start + turn * clip.stride
        while number >= frames:
            number = number - frames if clip.short == "loop" else frames - 1
        numbers.append(number)
    return numbers


def slow_room(clip: Clip, frames: int) -> int:
    return max(start for start in range(frames) if start == 0 or start + (clip.length - 1) * clip.stride < frames)


def make_draws(count: int, seed: int, views: int = 2) -> tuple[Draws, ...]:
    return tuple(Draws(seed, np.zeros(count, np.int64), np.arange(count), view) for view in range(views))


@given(clips, videos, st.data())
def test_numbers_are_those_of_a_loop(clip: Clip, frames: np.ndarray, data: st.DataObject):
    starts = np.array([data.draw(st.integers(0, int(n) - 1)) for n in frames])
    assert clip.numbers(frames, starts).tolist() == [
        slow_numbers(clip, int(n), int(s)) for n, s in zip(frames, starts, strict=True)
    ]


@given(clips, videos)
def test_the_middle_clip_leaves_as_much_before_as_after(clip: Clip, frames: np.ndarray):
    expected = [slow_numbers(clip, int(n), slow_room(clip, int(n)) // 2) for n in frames]
    assert clip.middle(frames).tolist() == expected


@given(clips, videos, st.integers(2, 12))
def test_clips_are_spread_evenly_from_the_first_frame_to_the_last(clip: Clip, frames: np.ndarray, of: int):
    starts = [[int(start) for start in clip.spread(frames, number, of)[:, 0]] for number in range(of)]
    for found, count in zip(zip(*starts, strict=True), frames, strict=True):
        room = slow_room(clip, int(count))
        assert found[0] == 0 and found[-1] == room  # both ends are seen
        steps = [after - before for before, after in zip(found, found[1:], strict=False)]
        assert max(steps) - min(steps) <= 1
    assert clip.spread(frames, 1, of).tolist() == [
        slow_numbers(clip, int(n), slow_room(clip, int(n)) // (of - 1)) for n in frames
    ]
    assert clip.spread(frames, 0, 1).tolist() == clip.middle(frames).tolist()
    with pytest.raises(ValueError, match=f"of {of} clips there is no clip {of}"):
        clip.spread(frames, of, of)


@given(clips, videos, st.integers(0, 2**32 - 1))
def test_drawn_clips_are_legal_and_near_enough(clip: Clip, frames: np.ndarray, seed: int):
    numbers = clip.draw(frames, make_draws(len(frames), seed, views=3))
    assert numbers.shape == (3, len(frames), clip.length)
    assert (numbers >= 0).all() and (numbers < frames[:, None]).all()
    starts = numbers[:, :, 0]
    room = np.array([slow_room(clip, int(n)) for n in frames])
    assert (starts <= room).all()
    assert (abs(starts - starts[0]) <= clip.apart * room).all()
    for view in range(3):
        assert numbers[view].tolist() == clip.numbers(frames, starts[view]).tolist()


@given(videos, st.integers(0, 2**32 - 1))
def test_apart_zero_starts_views_together(frames: np.ndarray, seed: int):
    first, second = Clip(4, 2, apart=0.0).draw(frames, make_draws(len(frames), seed))
    assert first.tolist() == second.tolist()


def test_apart_one_draws_views_independently_and_uniformly():
    many, room = 20_000, 10
    starts = Clip(5, 2).draw(np.full(many, room + 9), make_draws(many, 0))[:, :, 0]
    assert abs(np.corrcoef(starts)[0, 1]) < 4 / many**0.5
    for view in starts:
        counts = np.bincount(view, minlength=room + 1)
        expected = many / (room + 1)
        assert len(counts) == room + 1 and (abs(counts - expected) < 5 * expected**0.5).all()


def test_a_small_apart_reaches_its_whole_window():
    many = 4000
    starts = Clip(1, apart=0.3).draw(np.full(many, 11), make_draws(many, 0))[:, :, 0]
    assert set(starts[1] - starts[0]) == set(range(-3, 4))
    assert set(starts[0]) == set(range(11))


def test_short_videos_clamp_or_loop():
    frames, starts = np.array([3]), np.array([0])
    assert Clip(6, 1).numbers(frames, starts).tolist() == [[0, 1, 2, 2, 2, 2]]
    assert Clip(6, 1, short="loop").numbers(frames, starts).tolist() == [[0, 1, 2, 0, 1, 2]]
    assert Clip(4, 2, short="loop").numbers(frames, starts).tolist() == [[0, 2, 1, 0]]


def test_a_clip_does_not_depend_on_its_batch(drawn: Callable[..., Draws]):
    frames, clip = np.arange(20, 28), Clip(3, 4, apart=0.5)
    together = clip.draw(frames, (drawn(8), drawn(8, view=1)))
    alone = clip.draw(frames[5:6], (drawn(1, first=5), drawn(1, first=5, view=1)))
    assert (together[:, 5:6] == alone).all()


@pytest.mark.parametrize("wrong", [{"length": 0}, {"stride": 0}, {"apart": -0.1}, {"apart": 1.1}])
def test_impossible_clips_are_refused(wrong: dict):
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        Clip(**wrong)
