"""Other data sets, made as by the command, are asked about by name; shape bias is 0 of texture, 100 of shape."""

import io
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from PIL import Image
from torch import nn

from pipelines.decoders import Plain
from pipelines.loader import Loader, Place
from shards.read import Shards
from shards.refusal import Refusal
from shards.sources.cifar_c import TEN, CifarC
from shards.sources.cue_conflict import CueConflict
from shards.sources.folder import Folder
from tests.making import Believed, make_all
from training.chunked import Chunked
from training.material import Material
from training.robustness.shape_bias import shape_bias
from training.robustness.shifted import Shifts

STEP = 20  # of grey, from one class to the next


class Reads(nn.Module):
    """Knows a class by the strength of one colour: class k is STEP · k."""

    def __init__(self, channel: int, classes: int):
        super().__init__()
        self.channel = channel
        self.register_buffer("centres", STEP / 255 * torch.arange(classes))

    def forward(self, clips):
        return -(clips[:, :, self.channel].mean((1, 2, 3))[:, None] - self.centres).abs()


def plain(*colour: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((8, 8, 3), colour, np.uint8)).save(file, "PNG")
    return file.getvalue()


def put(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def make(source, out: Path) -> Path:
    for split, listing in source.splits().items():
        make_all(source, listing, out / split, samples_per_shard=300, check=Believed((Plain().library,)))
    return out


def pictures(root: Path, colours: dict[str, int], each: int = 3) -> Path:
    """Classes by name; red tells the number that the *training* set gives the class, green tells nothing."""
    for name, number in colours.items():
        for k in range(each):
            put(root / name / f"{k}.png", plain(STEP * number, 40 * k, 0))
    return root


@pytest.fixture(scope="module")
def trained_on(tmp_path_factory):
    """The training split of a run on some classes, made once."""

    @cache
    def of(names: tuple[str, ...]) -> Path:
        folder, colours = tmp_path_factory.mktemp("own"), {name: number for number, name in enumerate(names)}
        return make(Folder(pictures(folder / "own", colours)), folder / "data") / "train"

    return of


@pytest.fixture
def material(tmp_path, trained_on):
    """Of a run on the classes ant, bee, cat, dog, or on others."""

    def of(names=("ant", "bee", "cat", "dog")) -> Material:
        train = Shards(trained_on(names))
        chunked = Chunked(tmp_path / "run", Accelerator(cpu=True), Place())
        return Material(Loader(train.folder, side=8, decoder=Plain()), train, train, chunked)

    return of


def ask(material: Material, classifiers: dict[str, nn.Module], *sets: Path, **knobs) -> dict:
    shifts = Shifts(sets, **knobs)
    return shifts(classifiers, shifts.open(material.train), material)


def test_classes_are_matched_by_name_and_strangers_left_out_and_counted(tmp_path, material):
    other = pictures(tmp_path / "r", {"zebra": 0, "dog": 3, "bee": 1, "aardvark": 2})
    material, reads = material(), {"red": Reads(0, 4)}
    found = ask(material, reads, make(Folder(other), tmp_path / "renditions"))
    cell = found["shifts"]["red"]["renditions"]["splits"]["train"]
    assert (cell["accuracy"], cell["samples"], cell["of unknown classes"], cell["classes"]) == (100, 6, 6, 2)
    assert cell["fingerprint"] == Shards(tmp_path / "renditions" / "train").manifest.fingerprint
    assert "shape bias" not in found and len(material.outcomes.cells["shift/renditions/train/red"].right) == 6


def test_only_classes_that_are_there_can_be_answered(tmp_path, material):
    """Dogs look like cats here; without cats among the answers the next best is dog."""
    other = pictures(tmp_path / "r", {"dog": 2, "ant": 0})
    assert ask(material(), {"red": Reads(0, 4)}, make(Folder(other), tmp_path / "few"))["shifts"]["red"]["few"][
        "splits"]["train"]["accuracy"] == 100  # fmt: skip
    whole = pictures(tmp_path / "w", {"dog": 2, "ant": 0, "cat": 2, "bee": 1})
    cell = ask(material(), {"red": Reads(0, 4)}, make(Folder(whole), tmp_path / "all"))["shifts"]["red"]["all"]
    assert cell["splits"]["train"]["accuracy"] == 75


def test_corruptions_are_summed_up(tmp_path, material):
    """A picture's grey is its class's until the severity moves it to the next class."""
    labels = np.tile(np.arange(9), 5)
    moved = STEP * (labels + np.repeat([0, 0, 0, 1, 1], 9))
    (tmp_path / "c").mkdir()
    np.save(tmp_path / "c" / "labels.npy", labels)
    np.save(tmp_path / "c" / "fog.npy", np.broadcast_to(moved[:, None, None, None], (45, 32, 32, 3)).astype(np.uint8))
    made = make(CifarC(tmp_path / "c"), tmp_path / "cifar-c")
    found = ask(material(TEN), {"red": Reads(0, 10)}, made)["shifts"]["red"]["cifar-c"]
    assert found["severities"] == {"1": 100, "2": 100, "3": 100, "4": 0, "5": 0}
    assert found["corruptions"] == {"fog": 60} and found["mean"] == 60 and found["settings"] == 5
    fewer = ask(material(TEN), {"red": Reads(0, 10)}, made / "fog-1", made / "fog-5", samples=4)["shifts"]["red"]
    assert fewer["cifar-c"]["mean"] == 50 and fewer["cifar-c"]["splits"]["fog-5"]["samples"] == 4


def conflicts(root: Path, names) -> Path:
    """Red is the shape's number, green the texture's."""
    for s, shape in enumerate(names):
        for t, texture in enumerate(names):
            put(root / shape / f"{shape}1-{texture}2.png", plain(STEP * s, STEP * t, 0))
    return root


def test_who_reads_shape_has_all_the_bias_and_who_reads_texture_none(tmp_path, material):
    names = ("ant", "bee", "cat", "dog")
    made = make(CueConflict(conflicts(tmp_path / "set", names)), tmp_path / "cues")
    readers = {"shape": Reads(0, 4), "texture": Reads(1, 4), "blue": Reads(2, 4)}
    found = ask(material(names), readers, made)
    bias = {name: one["cues, test"] for name, one in found["shape bias"].items()}
    assert bias["shape"]["shape bias"] == 100 and bias["texture"]["shape bias"] == 0
    assert [bias[name]["trials"] for name in readers] == [12] * 3 and bias["shape"]["categories"] == 4
    assert (bias["shape"]["shape"], bias["shape"]["texture"]) == (100, 0)
    assert (bias["texture"]["shape"], bias["texture"]["texture"]) == (0, 100)
    assert {one["shape bias"] for one in bias["shape"]["classes"].values()} == {100}
    assert bias["blue"]["shape bias"] == 50 and bias["blue"]["decided"] == 6  # always says ant
    assert found["shifts"]["shape"]["cues"]["splits"]["test"]["accuracy"] == 100


def test_trials_with_an_unknown_cue_are_left_out(tmp_path, material):
    made = make(CueConflict(conflicts(tmp_path / "set", ("ant", "bee", "cat", "fox"))), tmp_path / "cues")
    bias = ask(material(), {"shape": Reads(0, 4)}, made)["shape bias"]["shape"]["cues, test"]
    assert (bias["trials"], bias["categories"], bias["shape bias"]) == (6, 3, 100)


def test_the_bias_is_a_share_of_what_was_decided_for_either():
    shape, texture = torch.tensor([0, 0, 0, 0, 1, 1]), torch.tensor([1, 1, 1, 2, 2, 1])
    found = shape_bias(torch.tensor([0, 1, 1, 1, 1, 1]), shape, texture, ("a", "b", "c"))
    assert found["trials"] == 5 and found["decided"] == 4 and found["shape bias"] == 50
    assert (found["shape"], found["texture"]) == (40, 40) and found["standard error"] == pytest.approx(25)
    assert found["classes"]["a"]["shape bias"] == pytest.approx(100 / 3) and found["classes"]["b"]["shape bias"] == 100
    undecided = shape_bias(torch.tensor([2]), torch.tensor([0]), torch.tensor([1]), ("a", "b", "c"))
    assert np.isnan(undecided["shape bias"]) and undecided["decided"] == 0


def test_what_is_no_set_is_refused_with_what_to_type(tmp_path, material):
    train = material().train
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        Refusal, match=r"empty holds no data set; make one with: python tools/make_shards.py --out .*empty"
    ):
        Shifts((tmp_path / "empty",)).open(train)
    (tmp_path / "half" / "fog-1" / "making").mkdir(parents=True)
    with pytest.raises(Refusal, match="fog-1 is not finished; go on with the command that makes it"):
        Shifts((tmp_path / "half",)).open(train)
    other = make(Folder(pictures(tmp_path / "r", {"zebra": 0, "dog": 3})), tmp_path / "strange")
    with pytest.raises(Refusal, match="strange/train has 1 of the run's classes, its own are dog, zebra …"):
        Shifts((other,)).open(train)
    with pytest.raises(Refusal, match="would be called data, train"):
        Shifts((train.folder, train.folder.parent)).open(train)


def test_sets_of_another_kind_are_refused(material):
    train = material().train
    moving = Shards(train.folder)
    moving.manifest = replace(moving.manifest, kind="video")
    with pytest.raises(Refusal, match="holds images, .* videos; leave it out of --shifts.sets"):
        Shifts((train.folder,)).open(moving)


def test_without_sets_nothing_is_said(material):
    assert ask(material(), {"red": Reads(0, 4)}) == {}
