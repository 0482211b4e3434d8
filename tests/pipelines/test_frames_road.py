"""From a source to a batch by way of JPEG frames: the same samples and draws as of H.264, and pixels that are near."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipelines.check import Check
from pipelines.clock import Clock
from pipelines.decoders import Dali, Decoder, Decord, Plain, Turbo
from pipelines.faults import Faults
from pipelines.frames import Clip
from pipelines.loader import Loader, Place
from pipelines.whole import whole_samples
from shards.make import make_split
from shards.plan import Plan
from shards.read import Shards
from shards.recode import H264, JpegFrames
from shards.refusal import Refusal
from shards.sources.synthetic import Synthetic
from shards.target import Local
from shards.treat import Treatment

SOURCE = Synthetic(medium="video", train=10, test=0, side=48, frames=14)
TREATMENTS = {
    "h264": Treatment(recode=H264(crf=10), check=Check("video", (Decord(),))),
    "frames": Treatment(recode=JpegFrames(quality=95), check=Check("frames", (Turbo(), Dali()))),
    "unchecked": Treatment(recode=JpegFrames(quality=95)),
}
CLIP = Clip(length=4, stride=2)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same ten clips in each form."""
    folders = {}
    for form, treatment in TREATMENTS.items():
        folders[form] = tmp_path_factory.mktemp("road") / form
        plan = Plan(SOURCE, SOURCE.splits()["train"], 4, treatment)
        assert [done.left_out for done in make_split(plan, Local(folders[form]))] == [0, 0, 0]
    return folders


def loader(folder: Path, decoder: Decoder) -> Loader:
    return Loader(folder, batch=5, side=32, clip=CLIP, decoder=decoder)


def test_the_shards_say_what_they_hold(made: dict[str, Path]):
    h264, frames = Shards(made["h264"]), Shards(made["frames"])
    assert (h264.stored, frames.stored, frames.manifest.kind) == ("video", "frames", "video")
    assert {Turbo().library, Dali().library} < {*frames.manifest.checked} and not Shards(
        made["unchecked"]
    ).manifest.checked
    for column in ("name", "label", "facts", "extent", "rate", "origin"):
        assert np.array_equal(getattr(h264.index, column), getattr(frames.index, column)), column


@pytest.mark.parametrize("decoder", [Turbo(), Dali(), Plain()])
def test_batches_are_those_of_h264(decoder: Turbo | Dali | Plain, made: dict[str, Path]):
    roads = loader(made["h264"], Decord()), loader(made["frames"], decoder)
    streams = [road.decoded(Shards(road.shards), Place(), 7, 0, Clock()) for road in roads]
    for _ in range(3):  # over the end of an epoch
        (epochs, samples, pixels, _), other = (next(stream) for stream in streams)
        assert np.array_equal(epochs, other[0]) and np.array_equal(samples, other[1]) and other[3] == 0
        assert pixels.views.shape == other[2].views.shape == (2, 5, 4, 3, 32, 32)
        assert (pixels.views.float() - other[2].views.float()).abs().flatten(2).mean(
            2
        ).max() < 4  # another frame differs by more
    batches = [next(road.open(Place(), seed=7)) for road in roads]
    assert torch.equal(batches[0].ids, batches[1].ids) and torch.equal(batches[0].labels, batches[1].labels)
    assert batches[1].views[0].shape == (5, 4, 3, 32, 32)
    for stream in streams:
        stream.close()


def test_another_frame_differs_by_more(made: dict[str, Path]):
    """The bound above tells frames apart."""
    h264, frames = (whole_samples(Shards(made[form]), range(10), 48, 14) for form in ("h264", "frames"))
    apart = (h264 - frames).abs().mean((2, 3, 4)) * 255
    shifted = (h264[:, 2:] - frames[:, :-2]).abs().mean((2, 3, 4)) * 255
    assert apart.max() < 4 and shifted.median() > apart.max()


def test_decord_is_refused_with_the_remedy(made: dict[str, Path]):
    with pytest.raises(Refusal, match="use loader.decoder:auto"):
        loader(made["frames"], Decord()).open(Place(), seed=0)


def test_a_frame_that_has_changed_is_found_and_another_sample_stands_in(made: dict[str, Path], tmp_path: Path):
    folder = shutil.copytree(made["frames"], tmp_path / "damaged")
    shards, sample, frame = Shards(folder), 3, 6
    member = int(shards.index.members_end[sample - 1]) + frame
    place, tar = int(shards.index.offset[member]) + 100, folder / shards.tar(sample)
    content = tar.read_bytes()
    tar.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    faults, whole = Faults(), Clip(length=14)
    stream = replace(loader(folder, Turbo()), clip=whole).decoded(Shards(folder), Place(), 7, 0, Clock(), faults)
    drawn = [next(stream) for _ in range(2)]
    stream.close()
    assert [fault.sample for fault in faults.all()] == [3] and "have changed" in faults.all()[0].reason
    assert 3 not in np.concatenate([samples for _, samples, _, _ in drawn]) and sum(part[3] for part in drawn) == 1


def frames_asked(shards: Shards, monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Decode a batch. Returns: which frames were read of its samples, one after the other."""
    asked: list[list[int]] = []
    right = shards.frames
    monkeypatch.setattr(shards, "frames", lambda sample, numbers: asked.append([*numbers]) or right(sample, asked[-1]))
    stream = loader(shards.folder, Turbo()).decoded(shards, Place(), 7, 0, Clock())
    next(stream)
    stream.close()
    return asked


def test_only_the_wanted_frames_are_read(made: dict[str, Path], monkeypatch: pytest.MonkeyPatch):
    asked = frames_asked(Shards(made["frames"]), monkeypatch)
    assert len(asked) >= 5 and all(len(numbers) <= 8 for numbers in asked)  # two views of four


def test_unchecked_frames_are_all_asked_of_a_child_first(made: dict[str, Path], monkeypatch: pytest.MonkeyPatch):
    asked = frames_asked(Shards(made["unchecked"]), monkeypatch)
    assert asked.count([*range(14)]) >= 5
