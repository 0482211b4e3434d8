"""What is opened is what its bytes are, and never another file; nothing larger than the bound is decoded."""

import os
import struct
import zlib
from pathlib import Path

import pytest

from shards.media import examine
from shards.opening import PIXELS
from shards.refusal import Refusal
from shards.validate import Validator
from tests.shards.conftest import picture

HTML = b"<!DOCTYPE html><html><body>404 Not Found</body></html>" * 20
PLAYLISTS = {
    "ffconcat": b"ffconcat version 1.0\nfile other.ts\n",
    "hls": b"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.ts\n#EXT-X-ENDLIST\n",
}


def png_header(height: int, width: int) -> bytes:
    """A PNG that says to be of this size, and is not."""
    content = picture(form="PNG")
    header = b"IHDR" + struct.pack(">II", width, height) + content[24:29]
    return content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:]


@pytest.mark.parametrize("form", PLAYLISTS)
def test_a_playlist_opens_no_other_file(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    os.mkfifo(tmp_path / "other.ts")  # whoever opens it waits for a writer, until the child's time is up
    monkeypatch.chdir(tmp_path)
    validator = Validator(seconds=3.0)
    try:
        with pytest.raises(Refusal, match="cannot read .* bytes as 'mp4': Invalid"):
            validator("mp4", PLAYLISTS[form])
    finally:
        validator.close()


@pytest.mark.parametrize("extension", ["mp4", "jpg"])
@pytest.mark.parametrize("content", [HTML, b""], ids=["html", "nothing"])
def test_what_a_failed_download_leaves_is_refused(extension: str, content: bytes):
    with pytest.raises(Refusal, match=f"cannot read {len(content)} bytes as '{extension}'"):
        examine(extension, content)


@pytest.mark.parametrize("form", ["GIF", "ICO", "PPM"])
def test_a_picture_of_another_format_is_refused_whatever_its_name(form: str):
    with pytest.raises(Refusal, match="cannot identify image file"):
        examine("jpg", picture(form=form))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")  # Pillow's own bound is a little lower
def test_a_picture_beyond_the_bound_is_refused_with_the_numbers():
    assert examine("png", png_header(10_000, PIXELS // 10_000)).height == 10_000
    with pytest.raises(Refusal, match="10001 by 10000 pixels, more than 100000000 in all"):
        examine("png", png_header(10_001, PIXELS // 10_000))
    with pytest.raises(Refusal, match="4294967296 pixels"):
        examine("png", png_header(2**16, 2**16))


def test_a_frame_beyond_the_bound_is_refused_with_the_numbers(h264: Path, monkeypatch: pytest.MonkeyPatch):
    content = h264.read_bytes()
    monkeypatch.setattr("shards.opening.PIXELS", 48 * 64)
    assert examine("mp4", content).frames == 20
    monkeypatch.setattr("shards.opening.PIXELS", 48 * 64 - 1)
    with pytest.raises(Refusal, match="48 by 64 pixels, more than 3071 in all"):
        examine("mp4", content)


def test_a_stream_that_grows_beyond_the_bound_is_refused(h264: Path, monkeypatch: pytest.MonkeyPatch):
    """Its header, here not looked at, may say less than its frames."""
    monkeypatch.setattr("shards.opening.PIXELS", 48 * 64 - 1)
    monkeypatch.setattr("shards.opening._refuse_large", lambda height, width: None)
    with pytest.raises(Refusal, match="as 'mp4'"):
        examine("mp4", h264.read_bytes())
