"""Recoded videos show the frames of the original, each once and at its time, in bytes that depend on nothing else."""

import io
import os
import struct
import subprocess
import sys
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from shards.encode import mp4
from shards.media import Media, examine
from shards.recode import H264, JpegFrames
from shards.refusal import Refusal
from tests.shards.conftest import photo

ROOT = Path(__file__).parents[2]
FORMS = {"h264": H264(crf=10), "jpeg-frames": JpegFrames(quality=95)}
SOURCES = {  # container, codec, pixel format, height and width, options
    "4:4:4, odd": ("mp4", "libx264", "yuv444p", 49, 65, {}),
    "4:2:0, odd": ("mpeg", "mpeg1video", "yuv420p", 49, 65, {}),
    "10 bits": ("mp4", "libx264", "yuv420p10le", 48, 64, {}),
    "full range": ("mp4", "libx264", "yuvj420p", 48, 64, {}),
    "mpeg4": ("avi", "mpeg4", "yuv420p", 48, 64, {"b": "4000000"}),
    "rgb": ("mov", "png", "rgb24", 48, 64, {}),
    "gray": ("mov", "png", "gray", 48, 64, {}),
    "each frame by itself": ("mp4", "libx264", "yuv420p", 48, 64, {"g": "1"}),
}


def encode(source: str, count: int = 12, steps: tuple[int, ...] = (1,)) -> bytes:
    """A grained picture that slides sideways, 25 frames per second where ``steps`` are all 1."""
    form, codec, pixels, height, width, options = SOURCES[source]
    scene, file = photo(height, width + 2 * count, 1), io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width, stream.pix_fmt = height, width, pixels
        stream.options, stream.codec_context.thread_count = {"crf": "8", "bf": "2", "sc_threshold": "0", **options}, 1
        for number in range(count):
            part = np.ascontiguousarray(scene[:, 2 * number : 2 * number + width])
            frame = av.VideoFrame.from_ndarray(part, "rgb24")
            frame.pts, frame.time_base = sum(steps[place % len(steps)] for place in range(number)), Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def decoded(content: bytes) -> tuple[np.ndarray, list[Fraction]]:
    """Pictures [t, h, w, 3] and times, from the first one on."""
    with av.open(io.BytesIO(content)) as container:
        frames = [*container.decode(video=0)]
    times = [frame.pts * frame.time_base for frame in frames]  # pyright: ignore
    return np.stack([np.asarray(frame.to_image()) for frame in frames]), [time - times[0] for time in times]


def shown(media: Mapping[str, bytes]) -> np.ndarray:
    if "mp4" in media:
        return decoded(media["mp4"])[0]
    assert [*media] == [f"{number:04d}.jpg" for number in range(len(media))]
    return np.stack([np.asarray(Image.open(io.BytesIO(content))) for content in media.values()])


def numbers(pictures: np.ndarray, originals: np.ndarray) -> list[int]:
    """Which of the originals each picture is."""
    pairs = pictures[:, None].astype(np.float32) - originals[None]
    return np.square(pairs).mean((2, 3, 4)).argmin(1).tolist()


@pytest.mark.parametrize("source", ["mpeg4", "10 bits"])
def test_h264_keeps_every_frame_with_its_time(source: str):
    content = encode(source, 20)
    (part,) = H264(group=6)("avi", content, None)
    assert (part.suffix, [*part.media], part.origin, part.rate) == ("", ["mp4"], (0, 20, 1), None)
    media = examine("mp4", part.media["mp4"])
    assert (media.height, media.width, media.frames, media.rate) == (48, 64, 20, (25, 1))
    assert media.key_frames[0] == 0 and max(b - a for a, b in pairwise([*media.key_frames, 20])) <= 6
    (pictures, times), (originals, before) = decoded(part.media["mp4"]), decoded(content)
    assert numbers(pictures, originals) == [*range(20)] and times == before


def test_groups_are_closed():
    still = np.random.default_rng(0).integers(0, 256, (1, 48, 64, 3), dtype=np.uint8).repeat(24, axis=0)
    (part,) = H264(group=6)("mp4", mp4(still), None)
    with av.open(io.BytesIO(part.media["mp4"])) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert sum(packet.is_keyframe for packet in packets) >= 4
    assert [packet.pts for packet in packets] != sorted(packet.pts for packet in packets)  # B-frames there are
    for place, packet in enumerate(packets):
        assert not packet.is_keyframe or all(later.pts >= packet.pts for later in packets[place:])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("source", SOURCES)
def test_whatever_encodes_a_video_its_frames_look_the_same(source: str, form: str):
    content = encode(source)
    (part,) = FORMS[form]("mp4", content, None)
    (originals, _), pictures = decoded(content), shown(part.media)
    size = (48, 64) if form == "h264" else originals.shape[1:3]
    assert (part.origin, pictures.shape) == ((0, 12, 1), (12, *size, 3))
    if pictures.shape != originals.shape:
        fitted = [np.asarray(Image.fromarray(x).resize(size[::-1], Image.Resampling.BICUBIC)) for x in originals]
        originals = np.stack(fitted)
    apart = pictures.astype(float) - originals
    assert np.abs(apart.mean((0, 1, 2))).max() < 1.5  # another range or matrix makes 6 and more
    assert 10 * np.log10(255**2 / np.square(apart).mean()) > 29
    if form == "h264":
        assert len(examine("mp4", part.media["mp4"]).key_frames) < 12  # types of frames are not handed on
        with av.open(io.BytesIO(part.media["mp4"])) as container:
            codec = container.streams.video[0].codec_context
        assert codec.pix_fmt == "yuv420p" and codec.colorspace != 0  # 0 would call it RGB


def test_uneven_times_stay_as_they_were_and_the_rate_is_the_average():
    content = encode("10 bits", steps=(1, 1, 4))
    (part,) = H264()("mp4", content, None)
    times = [Fraction(n, 25) for n in (0, 1, 2, 6, 7, 8, 12, 13, 14, 18, 19, 20)]
    assert decoded(part.media["mp4"])[1] == decoded(content)[1] == times
    above, below = examine("mp4", part.media["mp4"]).rate
    assert 12 < above / below < 15
    (part,) = JpegFrames()("mp4", content, None)
    assert part.rate == examine("mp4", content).rate


def test_a_segment_of_uneven_times_is_cut_by_them():
    (part,) = H264()("mp4", encode("10 bits", steps=(1, 1, 4)), (6 / 25, 13 / 25))
    assert part.origin == (3, 7, 1)
    assert decoded(part.media["mp4"])[1] == [0, Fraction(1, 25), Fraction(2, 25), Fraction(6, 25)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("segment", "first", "last"), [((0.2, 0.6), 5, 15), ((0.0, 0.04), 0, 1), ((0.75, 99.0), 19, 20)]
)
def test_a_segment_has_its_frames_and_no_others(form: str, segment: tuple, first: int, last: int):
    content = encode("mpeg4", 20)
    (part,) = FORMS[form]("avi", content, segment)
    assert part.origin == (first, last, 1)
    assert numbers(shown(part.media), decoded(content)[0]) == [*range(first, last)]
    with pytest.raises(Refusal, match="cannot read .* as 'avi': no frame from second 2 to 3"):
        [*FORMS[form]("avi", content, (2.0, 3.0))]


@pytest.mark.parametrize("form", FORMS)
def test_chunks_are_named_by_number_and_say_where_they_come_from(form: str):
    content = encode("10 bits", count=63)
    recode = H264(crf=10, chunk=1.0) if form == "h264" else JpegFrames(chunk=1.0)
    parts = [*recode("mp4", content, (0.2, 99.0))]
    assert [(part.suffix, part.origin) for part in parts] == [("-000", (5, 30, 1)), ("-001", (30, 63, 1))]
    originals, _ = decoded(content)
    for part in parts:
        assert numbers(shown(part.media), originals) == [*range(*part.origin)]


def test_every_so_many_frames_at_a_rate_that_falls_with_them():
    content = encode("mpeg4", 20)
    (part,) = JpegFrames(quality=95, stride=3)("avi", content, (0.08, 0.6))
    assert (part.origin, part.rate) == ((2, 15, 3), (25, 3))
    assert numbers(shown(part.media), decoded(content)[0]) == [2, 5, 8, 11, 14] == [*range(*part.origin)]


def test_larger_videos_become_smaller(mpeg4: Path):
    (file,), (frames,) = (recode("avi", mpeg4.read_bytes(), None) for recode in (H264(side=30), JpegFrames(side=30)))
    media = examine("mp4", file.media["mp4"])
    assert (media.height, media.width) == (30, 40) and shown(frames.media).shape == (20, 30, 40, 3)


def test_a_turned_video_is_shown_as_it_is_stored():
    content = encode("each frame by itself")
    header, one = content.index(b"tkhd"), 1 << 16  # the matrix of a track, in 16.16 fixed point
    upright = struct.pack(">9i", one, 0, 0, 0, one, 0, 0, 0, 1 << 30)
    turned = struct.pack(">9i", 0, one, 0, -one, 0, 0, 48 * one, 0, 1 << 30)
    place = content.index(upright, header)
    content = content[:place] + turned + content[place + len(turned) :]
    with av.open(io.BytesIO(content)) as container:
        assert next(container.decode(video=0)).rotation % 180 == 90
    (part,) = H264()("mp4", content, None)
    assert examine("mp4", part.media["mp4"]) == Media(48, 64, 12, (25, 1), (0,))
    with av.open(io.BytesIO(part.media["mp4"])) as container:
        assert next(container.decode(video=0)).rotation == 0


def test_a_damaged_video_is_refused(mpeg4: Path):
    for recode in FORMS.values():
        with pytest.raises(Refusal, match="cannot read .* as 'avi': frame .* is damaged"):
            [*recode("avi", mpeg4.read_bytes()[:-1500], None)]


RUN = """
import hashlib, resource, sys
from shards.recode import H264, JpegFrames
content, before = open(sys.argv[1], "rb").read(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
def hash_of(member):
    return member[0], hashlib.sha256(member[1]).hexdigest()
for recode in H264(), JpegFrames(quality=30):
    for part in recode(sys.argv[1][-3:], content, None):
        print(hashlib.sha256(repr([*map(hash_of, part.media.items())]).encode()).hexdigest())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def run(file: Path, cores: set[int]) -> tuple[list[str], int]:
    """Recode in a process of its own on some cores. Returns: hashes, and by how many KiB its memory grew."""
    said = subprocess.run(
        [sys.executable, "-c", RUN, str(file)], cwd=ROOT, capture_output=True, text=True, check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    ).stdout.split()  # fmt: skip
    return said[:-1], int(said[-1])


def long_film(file: Path, count: int) -> Path:
    with av.open(file, "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt = 240, 320, "yuv420p"
        stream.options, stream.codec_context.thread_count = {"preset": "ultrafast"}, 1
        frame = av.VideoFrame.from_ndarray(photo(240, 320, 1), "rgb24").reformat(format="yuv420p")
        for number in range(count):
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file


def test_the_bytes_do_not_depend_on_the_number_of_cores(tmp_path: Path):
    file, cores = long_film(tmp_path / "film.mp4", 40), os.sched_getaffinity(0)
    assert run(file, cores)[0] == run(file, {min(cores)})[0]


def test_a_long_video_does_not_lie_decoded_in_memory(tmp_path: Path):
    """Its 800 frames would need 90 MiB as they are decoded, and 180 as RGB."""
    file = long_film(tmp_path / "long.mp4", 800)
    assert run(file, os.sched_getaffinity(0))[1] < 50 * 1024
