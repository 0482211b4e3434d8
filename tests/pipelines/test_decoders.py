"""Three libraries, one promise: the drawn frames and boxes and no others, or a refusal that names the sample."""

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.boxes import random_boxes
from pipelines.decoders import Dali, Decord, Plain, PyAV, Turbo
from pipelines.decoders.cut import Cut
from shards.refusal import Refusal

CPU = torch.device("cpu")
NUMBERS = {
    "all": list(range(40)),
    "across groups": [39, 5, 30, 12],
    "repeated": [13, 2, 13, 13],
    "ends": [39, 0, 38, 1],
}


@pytest.fixture(scope="module")
def image_cut(photographs: dict[str, bytes], cut_of: Callable[..., Cut], drawn: Callable) -> Cut:
    whole = cut_of(photographs, np.zeros((2, len(photographs), 1), int), side=64)
    draws = [drawn(len(photographs), view=view) for view in range(2)]
    boxes = [random_boxes(whole.extent[:, 1:], draw, (0.2, 1.0), (3 / 4, 4 / 3)) for draw in draws]
    return replace(whole, boxes=np.stack(boxes))


@pytest.fixture(scope="module")
def video_cut(videos: dict[str, bytes], cut_of: Callable[..., Cut]) -> Cut:
    return cut_of(videos, np.tile([3, 20], (1, len(videos), 1)))


def test_dali_sees_what_pillow_sees(image_cut: Cut):
    dali = Dali().open("image", CPU, 1)(image_cut).float()
    plain = Plain().open("image", CPU, 1)(image_cut).float()
    quality = 10 * torch.log10(255**2 / (dali - plain).square().mean((2, 3, 4, 5)).clamp(min=1e-3))
    assert quality.median() >= 38 and quality.min() >= 30


def test_dali_smooths_before_it_shrinks(cut_of: Callable[..., Cut]):
    file = io.BytesIO()
    Image.effect_noise((300, 300), 100).convert("RGB").save(file, "PNG")
    cut = cut_of({"noise.png": file.getvalue()}, [[[0]]], side=32)
    dali, plain = (decoder.open("image", CPU, 1)(cut).float() for decoder in (Dali(), Plain()))
    assert (dali - plain).abs().mean() < 1.5  # at the rim they weigh the last pixels differently


def test_dali_keeps_no_state_from_batch_to_batch(image_cut: Cut):
    execute = Dali().open("image", CPU, 1)
    first = execute(image_cut)
    swapped = execute(replace(image_cut, boxes=image_cut.boxes[::-1].copy()))
    assert torch.equal(swapped, first.flip(0)) and torch.equal(execute(image_cut), first)


@pytest.mark.parametrize("decoder", [Turbo(), Dali(), Plain()])
def test_pictures_stay_as_stored_whatever_their_exif_tag_says(
    decoder: Turbo | Dali | Plain, cut_of: Callable[..., Cut]
):
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6  # "turn me by 90 degrees"
    picture = Image.new("RGB", (64, 96))
    picture.paste((255, 255, 255), (0, 0, 64, 48))
    picture.save(file, "JPEG", exif=exif)
    pixels = decoder.open("image", CPU, 1)(cut_of({"turned.jpg": file.getvalue()}, [[[0]]], side=32))[0, 0, 0]
    assert pixels[:, :14].min() > 200 and pixels[:, 18:].max() < 50


@pytest.mark.parametrize("decoder", [Decord(), Plain(), PyAV()])
@pytest.mark.parametrize("numbers", NUMBERS.values(), ids=NUMBERS.keys())
def test_decoded_frames_are_those_asked_for(
    decoder: Decord | Plain | PyAV, numbers: list, videos: dict, cut_of: Callable[..., Cut], frame_number: Callable
):
    cut = cut_of(videos, np.tile(numbers, (1, len(videos), 1)))
    for name, clip in zip(cut.names, decoder.open("video", CPU, 1)(cut)[0], strict=True):
        assert frame_number(clip).tolist() == numbers, name


@settings(max_examples=25, deadline=None)
@given(numbers=st.lists(st.lists(st.integers(0, 39), min_size=3, max_size=3), min_size=4, max_size=4))
def test_decord_finds_any_frame_of_any_view(numbers: list, videos: dict, cut_of: Callable, frame_number: Callable):
    cut = cut_of(videos, np.stack([numbers, numbers[::-1]]))
    assert frame_number(Decord().open("video", CPU, 1)(cut)).tolist() == cut.frames.tolist()


def test_decord_finds_frames_where_b_frames_precede_a_key_frame(
    open_groups: dict, cut_of: Callable[..., Cut], frame_number: Callable
):
    cut = cut_of(open_groups, [[[39, 5, 30, 12]]])
    assert frame_number(Plain().open("video", CPU, 1)(cut)).tolist() == cut.frames.tolist()
    assert frame_number(Decord().open("video", CPU, 1)(cut)).tolist() == cut.frames.tolist()


def test_decord_and_plain_agree_on_crops(video_cut: Cut, drawn: Callable):
    cut = replace(video_cut, boxes=random_boxes(video_cut.extent[:, 1:], drawn(4), (0.2, 0.8), (0.7, 1.4))[None])
    decord, plain = (decoder.open("video", CPU, 1)(cut).float() for decoder in (Decord(), Plain()))
    assert (decord - plain).abs().mean() < 2


@pytest.mark.parametrize(
    "decoder, kind", [(Dali(), "video"), (Turbo(), "video"), (Decord(), "image"), (PyAV(), "image")]
)
def test_a_decoder_of_the_other_kind_is_refused(decoder: Turbo | Dali | Decord | PyAV, kind: str):
    with pytest.raises(Refusal, match="use decoder:.*or an? .* recipe"):
        decoder.open(kind, CPU, 1)


def test_decord_on_a_gpu_needs_a_gpu():
    with pytest.raises(Refusal, match="this run is on cpu; leave out"):
        Decord(gpu=True).open("video", CPU, 1)


@pytest.mark.parametrize("change", [-8, -1, 1, 8])
@pytest.mark.parametrize(
    "decoder, kind, axis",
    [(decoder, "image", axis) for decoder in (Turbo(), Dali(), Plain()) for axis in (1, 2)]
    + [(decoder, "video", axis) for decoder in (Decord(), Plain(), PyAV()) for axis in range(3)],
)
def test_an_index_that_states_another_extent_is_refused(decoder, kind, axis: int, change: int, image_cut, video_cut):
    """Also where the boxes, drawn for the stated size, lie outside the true picture, and frames behind the end."""
    cut = video_cut if kind == "video" else image_cut
    extent = cut.extent.copy()
    extent[2, axis] += change
    boxes = np.stack([np.concatenate([np.zeros_like(extent[:, 1:]), extent[:, 1:]], axis=1)] * len(cut.frames))
    frames = np.tile(extent[:, [0]] - 1, (len(cut.frames), 1, cut.frames.shape[2]))
    with pytest.raises(Refusal, match=f"{cut.names[2]}.*the index says"):
        decoder.open(kind, CPU, 1)(replace(cut, extent=extent, boxes=boxes, frames=frames))


@pytest.mark.parametrize(
    "keep, decoder", [(0.5, Plain()), (0.5, Turbo()), (0.05, Plain()), (0.05, Turbo()), (0.05, Dali())]
)
@pytest.mark.parametrize("place", [0, 3])
def test_a_truncated_picture_is_refused_by_name(keep: float, decoder: Turbo | Dali | Plain, place: int, image_cut: Cut):
    media = list(image_cut.media)
    media[place] = media[place][: int(len(media[place]) * keep)]
    execute = decoder.open("image", CPU, 1)
    with pytest.raises(Refusal, match=image_cut.names[place]):
        execute(replace(image_cut, media=media))
    assert torch.equal(execute(image_cut), decoder.open("image", CPU, 1)(image_cut))  # and it goes on working


@pytest.mark.parametrize("decoder", [Decord(), Plain(), PyAV()])
def test_bytes_that_are_no_video_are_refused_by_name(decoder: Decord | Plain | PyAV, video_cut: Cut):
    media = [*video_cut.media[:2], b"no video" * 100, video_cut.media[3]]
    with pytest.raises(Refusal, match=f"{video_cut.names[2]}.*cannot decode"):
        decoder.open("video", CPU, 1)(replace(video_cut, media=media))
