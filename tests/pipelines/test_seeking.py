"""Any frames of any video are bit by bit those that are read from the start, and little else is decoded for them."""

import io
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import av
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.decoders import Plain, PyAV
from pipelines.decoders.clips import BLOCK
from pipelines.decoders.cut import Broken, Cut
from pipelines.decoders.seeking import Untrusted, sought
from shards.media import examine
from shards.opening import film
from tests.pipelines.conftest import photograph
from tests.pipelines.damage import OF_VIDEOS, damaged

CPU = torch.device("cpu")
FRAMES = 40
HEADER = 9  # bytes of an H.264 picture that tell its kind
X264 = "keyint=12:scenecut=0:bframes=3:b-adapt=0:"
KINDS = {  # container, encoder, its options, pixel format, first time in frames, and whether its times can be believed
    "closed groups": ("mp4", "libx264", {"x264-params": X264 + "b-pyramid=none"}, "yuv420p", 0, True),
    "B-frames refer to B-frames": ("mp4", "libx264", {"x264-params": X264 + "b-pyramid=normal"}, "yuv420p", 0, True),
    "open groups": ("mp4", "libx264", {"x264-params": X264 + "open-gop=1"}, "yuv420p", 0, True),
    "edit list": ("mp4", "libx264", {"x264-params": X264}, "yuv420p", -5, True),
    "late start, Matroska": ("matroska", "libx264", {"x264-params": X264}, "yuv420p", 7, True),
    "10 bits": ("mp4", "libx264", {"x264-params": X264}, "yuv420p10le", 0, True),
    "full colour, odd": ("mp4", "libx264", {"x264-params": X264}, "yuv444p", 0, True),
    "HEVC, open groups": (
        "mp4", "libx265", {"x265-params": "keyint=12:open-gop=1:log-level=none:pools=none"}, "yuv420p", 0, True,
    ),
    "MPEG-4, open groups": ("mp4", "mpeg4", {"bf": "2"}, "yuv420p", 0, True),
    "MPEG-4 in AVI": ("avi", "mpeg4", {}, "yuv420p", 0, True),
    "MPEG-4 in AVI, B-frames": ("avi", "mpeg4", {"bf": "2"}, "yuv420p", 0, False),
    "H.264 in AVI, B-frames": ("avi", "libx264", {"x264-params": X264}, "yuv420p", 0, False),
    "MPEG-2": ("mpeg", "mpeg2video", {"bf": "2"}, "yuv420p", 0, False),
    "no key frames but the first": ("mp4", "libx264", {"x264-params": X264 + "intra-refresh=1"}, "yuv420p", 0, False),
}  # fmt: skip


@cache
def video(kind: str, uneven: bool = False) -> bytes:
    form, codec, options, pixels, first, _ = KINDS[kind]
    height, width = (65, 97) if pixels == "yuv444p" else (64, 96)
    scene = photograph(np.random.default_rng(0), 200, 400)
    file = io.BytesIO()
    with av.open(file, "w", format=form, options={"avoid_negative_ts": "disabled"}) as container:
        stream = container.add_stream(codec, rate=25, options={**options, "threads": "1"})
        stream.height, stream.width, stream.pix_fmt = height, width, pixels
        for number in range(FRAMES):
            part = scene[number : number + height, 3 * number : 3 * number + width]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(part), "rgb24")
            frame.pts = first + number + (number**2 // 7 if uneven else 0)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


measured = cache(lambda content: examine("mp4", content))


@cache
def reference(content: bytes) -> list[np.ndarray]:
    with film(content) as (container, stream):
        return [np.asarray(frame.to_image(threads=1)) for frame in container.decode(stream)]


def seek(content: bytes, numbers: list[int]) -> list[np.ndarray]:
    media = measured(content)
    frames = sought(content, numbers, media.frames, np.array(media.key_frames))
    return [np.asarray(frame.to_image(threads=1)) for frame in frames]


def cut(content: bytes, frames: list, boxes: list | None = None, side: int = 24) -> Cut:
    media = measured(content)
    whole = [[0, 0, media.height, media.width]] * len(frames)
    extent, keys = np.array([[media.frames, media.height, media.width]]), [np.array(media.key_frames)]
    return Cut([content], ["it"], extent, keys, np.array(frames)[:, None], np.array(boxes or whole)[:, None], side)


def packets(content: bytes) -> list[av.Packet]:
    with film(content) as (container, stream):
        return [packet for packet in container.demux(stream) if packet.size]


@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_each_frame_and_each_stretch_is_what_is_read_from_the_start(kind: str, uneven: bool):
    content = video(kind, uneven and KINDS[kind][0] in ("mp4", "matroska"))
    exact, doubted = reference(content), 0
    assert len({picture.tobytes() for picture in exact}) == len(exact)  # or any would do
    stretches = [[*range(n, len(exact), step)] for n, step in ((0, 1), (5, 4), (3, 9))]
    for numbers in stretches + [[n] for n in range(0, len(exact), 2 if uneven else 1)]:
        try:
            found = seek(content, numbers)
        except Untrusted:
            doubted += 1
            continue
        assert len(found) == len(numbers)
        assert all(np.array_equal(picture, exact[n]) for picture, n in zip(found, numbers, strict=True)), numbers
    assert (doubted == 0) == KINDS[kind][-1]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([*KINDS]), st.lists(st.integers(0, 34), min_size=6, max_size=6), st.data())
def test_clips_of_drawn_boxes_are_those_of_plain(kind: str, numbers: list[int], data: st.DataObject):
    boxes = [
        [top, left, data.draw(st.integers(1, 64 - top)), data.draw(st.integers(1, 96 - left))]
        for top, left in [data.draw(st.tuples(st.integers(0, 63), st.integers(0, 95))) for _ in range(2)]
    ]
    asked = cut(video(kind), [numbers[:3], numbers[3:]], boxes)
    fast, plain = (decoder.open("video", CPU, 1)(asked).float() for decoder in (PyAV(), Plain()))
    assert (fast - plain).abs().max() <= 1  # the two resizers round differently


def test_a_whole_video_comes_in_blocks():
    content = video("closed groups")
    numbers = [*range(FRAMES)] * 2
    assert len(numbers) > BLOCK > FRAMES / 2
    found = PyAV().open("video", CPU, 1)(cut(content, [numbers]))[0, 0]
    assert torch.equal(found[:FRAMES], found[FRAMES:])


def by_number(content: bytes, numbers: Iterable[int]) -> list[av.Packet]:
    some = sorted(packets(content), key=lambda packet: packet.pts)
    return [some[number] for number in numbers]


def without(content: bytes, lost: set[int], kept: int) -> bytes:
    """The file with zeros where these frames were, but for their first bytes."""
    spoilt = bytearray(content)
    for packet in by_number(content, lost):
        start = content.index(bytes(packet), packet.pos)
        spoilt[start + kept : start + packet.size] = bytes(packet.size - kept)
    return bytes(spoilt)


@pytest.mark.parametrize("numbers, needed", [([13, 17, 21], {12, 13, 16, 17, 20, 21, 23}), ([0, 39], {36, 39})])
def test_what_no_wanted_frame_needs_is_not_decoded(numbers: list[int], needed: set[int]):
    content = video("closed groups")
    lost = {*range(1, FRAMES)} - needed  # a file is known by its first frame
    found = PyAV().open("video", CPU, 1)(replace(cut(content, [numbers]), media=[without(content, lost, HEADER)]))
    assert torch.equal(found, PyAV().open("video", CPU, 1)(cut(content, [numbers])))


def test_groups_before_the_wanted_frames_are_not_decoded():
    """Nothing is left out within a group of MPEG-4 in AVI: had it been met, nothing would pass for something."""
    content = video("MPEG-4 in AVI")
    media = measured(content)
    frames = [*sought(without(content, {*range(1, 12)}, 6), [20, 22], media.frames, np.array(media.key_frames))]
    pictures = [np.asarray(frame.to_image(threads=1)) for frame in frames]
    assert np.array_equal(pictures, [reference(content)[n] for n in (20, 22)])


@pytest.mark.parametrize("numbers", [[13], [13, 17], [17, 21, 22]])
def test_a_frame_that_does_not_come_is_missed(numbers: list[int]):
    """HEVC's decoder says nothing of a picture without content, and shows none."""
    content, keys = video("HEVC, open groups"), np.array(measured(video("HEVC, open groups")).key_frames)
    with pytest.raises(Untrusted):
        assert list(sought(without(content, {13, 21}, 4), numbers, FRAMES, keys))


@pytest.mark.parametrize("kind", ["closed groups", "open groups", "MPEG-4 in AVI", "HEVC, open groups"])
def test_damage_is_seen_where_plain_sees_it(kind: str):
    content = video(kind)
    asked = cut(content, [[*range(FRAMES)]])
    fast, plain = PyAV().open("video", CPU, 1), Plain().open("video", CPU, 1)
    verdicts = set()
    for spoilt in damaged({"it.mp4": content}, OF_VIDEOS, 4).values():
        spoilt_cut = replace(asked, media=[spoilt])
        try:
            exact = plain(spoilt_cut).float()
        except Broken:
            verdicts.add("broken")
            with pytest.raises(Broken, match="it"):
                fast(spoilt_cut)
            continue
        verdicts.add("shown")
        assert (fast(spoilt_cut).float() - exact).abs().max() <= 1
    assert verdicts == {"broken", "shown"}


def test_no_seeking_where_the_index_says_otherwise():
    content, keys = video("closed groups"), np.array(measured(video("closed groups")).key_frames)
    for count, known in ((FRAMES + 1, keys), (FRAMES - 1, keys), (FRAMES, keys[:-1]), (FRAMES, keys + 1)):
        with pytest.raises(Untrusted):
            next(sought(content, [20], count, known))
