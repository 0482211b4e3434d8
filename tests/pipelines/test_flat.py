"""Clips of videos stored as JPEGs: the drawn frames and boxes and no others, or a refusal that names the row."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.boxes import random_boxes
from pipelines.check import Check
from pipelines.decoders import Dali, Decord, Plain, Turbo
from pipelines.decoders.cut import Broken, Cut, Execute
from pipelines.decoders.flat import flat
from shards.media import Media, examine
from shards.recode import JpegFrames
from shards.refusal import Refusal
from tests.pipelines.conftest import encode_image, encode_video, numbered_frames, photograph

CPU = torch.device("cpu")
ALL = pytest.mark.parametrize("decoder", [Turbo(), Dali(), Plain()])
COUNTS = 11, 17, 40  # frames of each video


@pytest.fixture(scope="module")
def stored() -> list[dict[int, bytes]]:
    """Three videos of numbered frames, as JPEGs by number."""
    parts = [next(JpegFrames()("mp4", encode_video(numbered_frames(n), "h264"), None)) for n in COUNTS]
    return [dict(enumerate(part.media.values())) for part in parts]


@pytest.fixture(scope="module")
def clips(stored: list[dict[int, bytes]]) -> Cut:
    """Whole frames, some of them twice, in two views; only those that are wanted are handed over."""
    frames = np.array([[[10, 0, 3], [16, 16, 2], [39, 21, 0]], [[1, 1, 1], [5, 9, 5], [0, 38, 39]]])
    media = [{n: video[n] for n in frames[:, row].ravel().tolist()} for row, video in enumerate(stored)]
    extent = np.array([(n, 64, 96) for n in COUNTS])
    boxes = np.tile([0, 0, 64, 96], (2, 3, 1))
    return Cut(media, ["a", "b", "c"], extent, [np.arange(n) for n in COUNTS], frames, boxes, 48)


@ALL
def test_frames_are_those_asked_for(decoder: Turbo | Dali | Plain, clips: Cut, frame_number: Callable):
    pixels = decoder.open("frames", CPU, 1)(clips)
    assert pixels.shape == (2, 3, 3, 3, 48, 48)
    assert frame_number(pixels).tolist() == clips.frames.tolist()


def test_dali_sees_what_pillow_sees(drawn: Callable):
    rng = np.random.default_rng(3)
    media = [{n: encode_image(photograph(rng, 180, 240), "JPEG") for n in range(4)} for _ in range(3)]
    extent, frames = np.tile([4, 180, 240], (3, 1)), rng.integers(0, 4, (2, 3, 4))
    boxes = [random_boxes(extent[:, 1:], drawn(3, view=view), (0.2, 1.0), (3 / 4, 4 / 3)) for view in range(2)]
    cut = Cut(media, ["a", "b", "c"], extent, [np.arange(4)] * 3, frames, np.stack(boxes), 64)
    dali, plain = (decoder.open("frames", CPU, 1)(cut).float() for decoder in (Dali(), Plain()))
    quality = 10 * torch.log10(255**2 / (dali - plain).square().mean((3, 4, 5)).clamp(min=1e-3))
    assert quality.median() >= 38 and quality.min() >= 30


def test_each_clip_has_the_box_of_its_row_and_view(clips: Cut):
    def told(cut: Cut) -> torch.Tensor:
        """A decoder that shows which picture and box it was told to."""
        assert cut.frames.shape == (1, 18, 1) and (cut.extent[:, 0] == 1).all() and not cut.frames.any()
        shown = [[content[-40], *box] for content, box in zip(cut.media, cut.boxes[0].tolist(), strict=True)]
        return torch.tensor(shown, dtype=torch.uint8)[None, :, None, :, None, None]

    boxes = np.arange(24).reshape(2, 3, 4)
    media = [{n: bytes([10 * row + n % 10]) + bytes(39) for n in range(40)} for row in range(3)]
    found = flat(told)(replace(clips, media=media, boxes=boxes))[..., 0, 0]
    assert (found[..., 1:] == torch.from_numpy(boxes)[:, :, None]).all()
    assert found[..., 0].tolist() == (10 * np.arange(3)[:, None] + clips.frames % 10).tolist()


@ALL
def test_frames_that_do_not_decode_are_laid_to_their_rows(decoder: Turbo | Dali | Plain, clips: Cut):
    media = [dict(video) for video in clips.media]  # pyright: ignore
    media[0][3], media[2][38] = b"no picture" * 10, media[2][38][:200]
    execute = decoder.open("frames", CPU, 1)
    with pytest.raises(Broken, match="sample 'a': frame 3: .*; sample 'c': frame 38: ") as caught:
        execute(replace(clips, media=media))
    assert set(caught.value.reasons) == {0, 2}
    with pytest.raises(Broken) as caught:
        execute(replace(clips, media=media).row(2))
    assert set(caught.value.reasons) == {0}
    assert execute(clips).shape == (2, 3, 3, 3, 48, 48)  # and it goes on working


@ALL
@pytest.mark.parametrize("axis", [1, 2])
def test_an_index_that_states_another_size_is_refused(decoder: Turbo | Dali | Plain, axis: int, clips: Cut):
    extent = clips.extent.copy()
    extent[1, axis] += 1
    with pytest.raises(Broken, match=r"'b': frame \d+: .*the index says") as caught:
        decoder.open("frames", CPU, 1)(replace(clips, extent=extent))
    assert set(caught.value.reasons) == {1}


@ALL
def test_one_frame_of_another_size_is_refused(decoder: Turbo | Dali | Plain, clips: Cut):
    media = [dict(video) for video in clips.media]  # pyright: ignore
    media[1][9] = encode_image(numbered_frames(1, 64, 90)[0], "JPEG")
    with pytest.raises(Broken, match="'b': frame 9: .*64, 90.*the index says"):
        decoder.open("frames", CPU, 1)(replace(clips, media=media))


@ALL
def test_a_frame_that_is_not_there_is_refused(decoder: Turbo | Dali | Plain, clips: Cut):
    media = [dict(video) for video in clips.media]  # pyright: ignore
    del media[1][5]
    with pytest.raises(Broken, match=r"'b': it has no frame 5, the index says .* = \(17, 64, 96\)"):
        decoder.open("frames", CPU, 1)(replace(clips, media=media))


def test_decord_refuses_frames_with_the_remedy():
    with pytest.raises(Refusal, match="use loader.decoder:auto"):
        Decord().open("frames", CPU, 1)


def measured(video: dict[int, bytes]) -> Media:
    first = examine("jpg", video[0])
    return Media(first.height, first.width, len(video), (25, 1), tuple(range(len(video))))


@ALL
def test_sound_frames_pass_the_check(decoder: Turbo | Dali | Plain, stored: list[dict[int, bytes]]):
    check = Check("frames", (decoder,))
    for video in stored:
        check(video, measured(video))
    check(stored[0][0], measured({0: stored[0][0]}))  # a video of one frame comes as a file


@pytest.mark.parametrize("number", [0, 15, 16, 39])
def test_the_check_sees_every_frame(number: int, stored: list[dict[int, bytes]]):
    video = stored[2]
    broken = {**video, number: video[number][: len(video[number]) // 2]}
    for decoder in (Turbo(), Dali(), Plain()):
        with pytest.raises(Refusal, match=f"frame {number}: "):
            Check("frames", (decoder,))(broken, measured(video))


def test_the_check_compares_every_frame(stored: list[dict[int, bytes]], monkeypatch: pytest.MonkeyPatch):
    check = Check("frames", (Dali(),))
    ((library, right),) = check._others

    def wrong(cut: Cut) -> torch.Tensor:
        pixels = right(cut)
        return torch.where(torch.from_numpy(cut.frames == 37)[..., None, None, None], 255 - pixels, pixels)

    monkeypatch.setitem(check.__dict__, "_others", [(library, wrong)])
    with pytest.raises(Refusal, match="dali .* and plain show frame 37 differently"):
        check(stored[2], measured(stored[2]))


def test_the_check_builds_one_pipeline_for_all_lengths(stored: list, monkeypatch: pytest.MonkeyPatch):
    seen = set()

    def noted(execute: Execute) -> Execute:
        return lambda cut: (seen.add(cut.frames.shape), execute(cut))[1]

    check = Check("frames", (Dali(),))
    ((library, dali),) = check._others
    monkeypatch.setitem(check.__dict__, "_others", [(library, noted(dali))])
    for video in stored:
        check(video, measured(video))
    assert seen == {(1, 1, 16)}
