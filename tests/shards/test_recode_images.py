"""Images become smaller and nothing else: the picture that every decoder shows."""

import io

import numpy as np
import pytest
import tyro
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shards.recode import H264, Copy, JpegFrames, Recode, Smaller
from shards.recode.fit import even, fitted
from shards.refusal import Refusal
from tests.shards.conftest import photo, picture

WIDE = Image.fromarray(photo(120, 200, 3))
FORMS = {
    "plain": ("JPEG", WIDE),
    "gray": ("JPEG", WIDE.convert("L")),
    "cmyk": ("JPEG", WIDE.convert("CMYK")),
    "palette": ("PNG", WIDE.convert("P")),
    "alpha": ("PNG", Image.merge("RGBA", (*WIDE.split(), Image.linear_gradient("L").resize(WIDE.size)))),
}


def encoded(image: Image.Image, form: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def shown(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"))


@given(st.integers(1, 4000), st.integers(1, 4000), st.integers(1, 500))
def test_the_shorter_side_is_the_one_asked_for_or_was_smaller(height: int, width: int, side: int):
    new = fitted(height, width, side)
    assert min(new) == min(side, height, width)
    assert abs(new[0] * width - new[1] * height) <= max(height, width)  # the shape is kept to half a pixel
    assert new == (height, width) or max(new) < max(height, width)
    assert fitted(height, width, None) == (height, width)
    assert all(n % 2 == 0 and n >= 2 and (n == 2 or 0 <= old - n <= 1) for n, old in zip(even(*new), new, strict=True))


@pytest.mark.parametrize("form", FORMS)
def test_a_larger_image_is_what_pillow_makes_of_the_picture_that_decoders_show(form: str):
    content = encoded(FORMS[form][1], FORMS[form][0])
    (part,) = Smaller(side=60)("png", content, None)
    assert (part.suffix, [*part.media], part.origin) == ("", ["jpg"], (0, 1, 1))
    expected = Image.fromarray(shown(content)).resize((100, 60), Image.Resampling.LANCZOS)
    assert np.abs(shown(part.media["jpg"]).astype(int) - np.asarray(expected)).mean() < 4


@pytest.mark.parametrize("side", [120, 121, 256])
def test_an_image_that_is_no_larger_keeps_its_bytes(side: int):
    content = encoded(WIDE, "PNG")
    (part,) = Smaller(side=side)("png", content, None)
    assert part.media == {"png": content}


def test_pictures_stay_as_stored_and_lose_their_exif_tag():
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn me by 90 degrees"
    (part,) = Smaller(side=60)("jpg", encoded(WIDE, "JPEG", exif=exif), None)
    with Image.open(io.BytesIO(part.media["jpg"])) as image:
        assert image.size == (100, 60) and not image.getexif()


def test_sixteen_bits_are_refused_rather_than_cut_off():
    content = encoded(Image.fromarray(np.full((120, 200), 30_000, np.uint16)), "PNG")
    with pytest.raises(Refusal, match="more than 8 bits .*; scale them first"):
        [*Smaller(side=60)("png", content, None)]


def test_half_a_picture_is_refused():
    content = encoded(WIDE, "JPEG")
    with pytest.raises(Refusal, match="cannot read .* as 'jpg'.*truncated"):
        [*Smaller(side=60)("jpg", content[: len(content) // 2], None)]


def test_a_copy_has_the_bytes_as_found_and_no_segment():
    content = picture()
    (part,) = Copy()("jpg", content, None)
    assert part.media == {"jpg": content} and part.suffix == ""
    with pytest.raises(Refusal, match="choose recode:h264 or recode:jpeg-frames"):
        [*Copy()("mp4", content, (0.0, 1.0))]


def test_the_command_line_makes_each_recoding():
    lines = {
        "copy": Copy(),
        "smaller --side 64 --quality 80": Smaller(64, 80),
        "h264 --side None --crf 30 --group 8 --chunk 10": H264(None, 30, 8, 10.0),
        "jpeg-frames --stride 2": JpegFrames(stride=2),
    }
    for line, made in lines.items():
        assert tyro.cli(Recode, args=line.split()) == made  # pyright: ignore


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Smaller(side=0), "side is 0; choose a number from 1 to 16384"),
        (lambda: Smaller(quality=96), "quality is 96"),
        (lambda: H264(crf=52), "crf is 52; choose a number from 0 to 51"),
        (lambda: H264(side=1), "side is 1"),
        (lambda: H264(group=0), "group is 0"),
        (lambda: H264(chunk=0.5), "chunk is 0.5; choose a number from 1"),
        (lambda: JpegFrames(stride=0), "stride is 0"),
    ],
)
def test_what_no_recoding_can_do_is_refused(make, said: str):
    with pytest.raises(Refusal, match=said):
        make()
