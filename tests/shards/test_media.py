"""What is measured of a file equals what was encoded."""

import struct
import zlib

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shards.media import IMAGES, VIDEOS, Media, examine, kind_of
from shards.refusal import Refusal
from tests.shards.conftest import picture


@pytest.mark.parametrize("name", ["h264", "mpeg4"])
def test_a_clip_is_measured_as_it_was_encoded(name, request):
    clip = request.getfixturevalue(name)
    assert examine(clip.suffix[1:], clip.read_bytes()) == Media(48, 64, 20, (25, 2), (0, 8, 16))


def test_the_mp4_is_stored_in_another_order_than_it_is_shown(h264):
    with av.open(h264) as container:
        shown = [packet.pts for packet in container.demux() if packet.pts is not None]
    assert shown != sorted(shown)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
def test_an_image_is_a_clip_of_one_frame_without_a_rate(form):
    assert examine(form.lower(), picture(0, 24, 32, form)) == Media(24, 32, 1, (0, 1), ())


def test_a_clip_whose_end_is_missing_is_refused(mpeg4):
    with pytest.raises(Refusal, match="frame .* is damaged"):
        examine("avi", mpeg4.read_bytes()[:-1500])


@pytest.mark.parametrize("extension", ["jpg", "png", "mp4", "avi"])
@pytest.mark.parametrize("content", [b"", b"no media " * 100, bytes(1000)], ids=["nothing", "text", "zeros"])
def test_garbage_is_refused(extension, content):
    with pytest.raises(Refusal, match=f"cannot read {len(content)} bytes as '{extension}'"):
        examine(extension, content)


def test_a_clip_cut_before_its_table_of_contents_is_refused(h264):
    with pytest.raises(Refusal, match="as 'mp4'"):
        examine("mp4", h264.read_bytes()[:-500])


def test_sound_without_pictures_is_refused(tmp_path):
    with av.open(tmp_path / "sound.avi", "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), "s16", "mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
    with pytest.raises(Refusal, match="no video stream"):
        examine("avi", (tmp_path / "sound.avi").read_bytes())


def test_an_image_of_absurd_size_is_refused():
    size = struct.pack(">II", 2**16, 2**16)
    content = picture(form="PNG")
    header = b"IHDR" + size + content[24:29]
    with pytest.raises(Refusal, match="as 'png'"):
        examine("png", content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
@given(st.data())
def test_damage_is_refused_or_harmless(form, data):
    content = bytearray(picture(form=form))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, min(len(content), 400) - 1))] = data.draw(st.integers(0, 255))
    try:
        media = examine(form.lower(), bytes(content))
        assert (media.frames, media.rate) == (1, (0, 1)) and media.height > 0 and media.width > 0
    except Refusal as refusal:
        assert "cannot read" in str(refusal)


def test_extensions_name_images_or_videos():
    assert {kind_of(extension) for extension in IMAGES} == {"image"}
    assert {kind_of(extension) for extension in VIDEOS} == {"video"}
    assert kind_of("txt") is None and kind_of("") is None and kind_of("JPG") is None
