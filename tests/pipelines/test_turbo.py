"""turbo shows what Pillow shows, refuses what Pillow refuses, and does no work twice."""

import io
import os
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import simplejpeg
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.decoders import Plain, Turbo, turbo
from pipelines.decoders.cut import Broken, Cut
from shards import opening
from tests.pipelines.conftest import encode_image, photograph
from tests.pipelines.damage import OF_IMAGES, damaged

CPU = torch.device("cpu")
WHOLE = np.array([[[0, 0, 131, 173]]])


def in_form(pixels: np.ndarray, mode: str, form: str, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, form, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def kinds() -> dict[str, bytes]:
    """A picture of odd sides in every form that the two libraries might see differently."""
    pixels = photograph(np.random.default_rng(0), 131, 173)
    jpegs = {f"4{sampling}.jpg": in_form(pixels, "RGB", "JPEG", subsampling=sampling) for sampling in range(3)}
    return {
        **jpegs,
        "stripe.jpg": in_form(pixels[:, :1], "RGB", "JPEG"),
        "progressive.jpg": in_form(pixels, "RGB", "JPEG", progressive=True),
        "not transformed.jpg": in_form(pixels, "RGB", "JPEG", keep_rgb=True),
        "gray.jpg": in_form(pixels, "L", "JPEG"),
        "cmyk.jpg": in_form(pixels, "CMYK", "JPEG"),
        "png.jpg": in_form(pixels, "RGB", "PNG"),
        "alpha.png": in_form(pixels, "RGBA", "PNG"),
        "palette.png": in_form(pixels, "P", "PNG"),
        "lossless.webp": in_form(pixels, "RGB", "WEBP", lossless=True),
        "bytes before a marker.jpg": jpegs["42.jpg"][:-2] + bytes(5) + jpegs["42.jpg"][-2:],
    }


@st.composite
def a_box(draw: st.DrawFn, height: int, width: int) -> list[int]:
    """Any part of the picture: down to one pixel, up to all of it, often at its border."""
    top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    return [top, left, draw(st.integers(1, height - top)), draw(st.integers(1, width - left))]


@settings(max_examples=20, deadline=None)
@given(data=st.data(), side=st.integers(1, 80))
def test_every_form_and_box_is_within_one_level_of_pillow(
    data: st.DataObject, side: int, kinds: dict, cut_of: Callable
):
    cut = cut_of(kinds, np.zeros((2, len(kinds), 1), int), side)
    boxes = [[data.draw(a_box(int(h), int(w))) for _, h, w in cut.extent] for _ in range(2)]
    cut = replace(cut, boxes=np.array(boxes))
    ours, exact = (decoder.open("image", CPU, 2)(cut).short() for decoder in (Turbo(), Plain()))
    assert (ours - exact).abs().max() <= 1  # weights are rounded at another place


def outcome(decoder: Turbo | Plain, cut: Cut) -> torch.Tensor | None:
    try:
        return decoder.open("image", CPU, 1)(cut).short()
    except Broken:
        return None


def test_what_pillow_decodes_is_decoded_and_what_it_refuses_is_refused(kinds: dict[str, bytes], cut_of: Callable):
    """Cut short, with flipped bits, zeros, gaps, something behind: that libjpeg warns does not tell which."""
    name, refused = "42.jpg", 0
    files = damaged({name: kinds[name]}, OF_IMAGES, 12) | {"no end": kinds[name][:-2]}
    whole = cut_of({name: kinds[name]}, [[[0]]])
    for what, content in files.items():
        ours, exact = (outcome(decoder, replace(whole, media=[content])) for decoder in (Turbo(), Plain()))
        assert (ours is None) == (exact is None), what
        assert ours is None or exact is None or (ours - exact).abs().max() <= 1, what
        refused += ours is None
    assert 20 < refused < len(files) - 20


def test_memory_that_another_picture_left_shows_nowhere(photographs: dict[str, bytes], cut_of: Callable):
    """Pictures of all sizes are decoded into the same memory, one after the other."""
    names = sorted(photographs, key=lambda name: -len(photographs[name]))
    cut = cut_of({name: photographs[name] for name in names}, np.zeros((1, len(names), 1), int), 40)
    alone = torch.cat([Turbo().open("image", CPU, 1)(cut.row(i)) for i in range(len(names))], dim=1)
    for threads in (1, 3):
        execute = Turbo().open("image", CPU, threads)
        assert torch.equal(execute(cut), alone) and torch.equal(execute(cut), alone)


def test_a_picture_above_the_bound_is_refused(kinds: dict[str, bytes], monkeypatch: pytest.MonkeyPatch):
    for module in (turbo, opening):
        monkeypatch.setattr(module, "PIXELS", 131 * 173 - 1)
    for name in ("42.jpg", "alpha.png"):
        cut = Cut([kinds[name]], [name], np.array([[1, 131, 173]]), [np.zeros(0)], np.zeros((1, 1, 1), int), WHOLE, 8)
        with pytest.raises(Broken, match=f"{name}': .*131 by 173 pixels, more than 22662 in all"):
            Turbo().open("image", CPU, 1)(cut)


def test_each_wanted_frame_is_decoded_once(cut_of: Callable, monkeypatch: pytest.MonkeyPatch):
    """However often views show it; several threads share the frames of one video."""
    rng, met, right = np.random.default_rng(1), [], simplejpeg.decode_jpeg
    video = {number: encode_image(photograph(rng, 40, 60), "JPEG") for number in range(6)}
    frames = np.array([[[0, 5, 5, 2]], [[2, 0, 3, 3]]])
    cut = replace(cut_of({"v.jpg": video[0]}, frames, 24), media=[video], extent=np.array([[6, 40, 60]]))

    def counted(content: bytes, **options) -> np.ndarray:
        met.append(content)
        return right(content, **options)

    monkeypatch.setattr(simplejpeg, "decode_jpeg", counted)
    found = Turbo().open("frames", CPU, 3)(cut).short()
    assert sorted(met) == sorted(video[number] for number in (0, 2, 3, 5))
    assert (found - Plain().open("frames", CPU, 1)(cut).short()).abs().max() <= 1


def test_of_several_broken_frames_the_first_is_named(cut_of: Callable, kinds: dict[str, bytes]):
    video = {number: kinds["42.jpg"] for number in range(5)} | {1: b"", 3: b"no picture"}
    cut = cut_of({"v.jpg": kinds["42.jpg"]}, [[[4, 3, 2]], [[1, 0, 3]]])
    with pytest.raises(Broken, match="sample 'v.jpg': frame 1: turbo cannot decode it") as caught:
        Turbo().open("frames", CPU, 2)(replace(cut, media=[video], extent=cut.extent + [4, 0, 0]))
    assert set(caught.value.reasons) == {0}


def test_torch_starts_no_threads_beside_those_that_decode(cut_of: Callable):
    """Each of them would else start as many as the whole process may use."""
    large = {name: in_form(np.zeros((1024, 1024, 3), np.uint8), "RGB", "JPEG") for name in ("a.jpg", "b.jpg")}
    cut = replace(cut_of(large, np.zeros((1, 2, 1), int), 600), boxes=np.array([[[5, 7, 1000, 1000]] * 2]))
    torch.set_num_threads(4)
    before = len(os.listdir("/proc/self/task"))
    Turbo().open("image", CPU, 2)(cut)
    assert len(os.listdir("/proc/self/task")) - before <= 2
