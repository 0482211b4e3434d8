"""Cue-conflict pictures know both their cues, and those without a conflict are counted."""

from pathlib import Path

import numpy as np
import pytest

from shards.quarantine import read_quarantine
from shards.read import Shards
from shards.refusal import Refusal
from shards.sources.cue_conflict import CueConflict
from tests.making import make_all
from tests.shards.conftest import picture

NAMES = ("airplane", "bear", "polar-bear", "cat")


def plant(root: Path, each: int = 2) -> Path:
    for shape in NAMES:
        (root / shape).mkdir(parents=True)
        for number in range(1, each + 1):
            for texture in NAMES:
                (root / shape / f"{shape}{number}-{texture}{10 * number}.png").write_bytes(picture(number, form="PNG"))
    return root


def test_the_facts_are_shape_and_texture(tmp_path):
    source = CueConflict(plant(tmp_path / "set"))
    (split, listing), *others = source.splits().items()
    assert (split, others) == ("test", [])
    assert listing.classes == dict.fromkeys(("label", "shape", "texture"), tuple(sorted(NAMES)))
    samples = [sample for item in listing.items for sample in source.samples(item)]
    assert len(samples) == 2 * 4 * 3 == len({sample.name for sample in samples})
    for sample in samples:
        names = listing.classes["label"]
        shape, texture = names[sample.facts["shape"]], names[sample.facts["texture"]]
        assert sample.label == sample.facts["shape"] and shape != texture
        assert sample.name in {f"{shape}{n}-{texture}{10 * n}" for n in (1, 2)}


def test_pictures_without_conflict_are_left_out_and_counted(tmp_path):
    source = CueConflict(plant(tmp_path / "set"))
    make_all(source, source.splits()["test"], tmp_path / "out", samples_per_shard=10)
    shards, left_out = Shards(tmp_path / "out"), read_quarantine(tmp_path / "out")
    assert shards.manifest.quarantined == 2 * 4 == len(left_out)
    assert all(one.reason.startswith("no conflict: shape and texture are both") for one in left_out)
    assert np.array_equal(shards.labels(), shards.labels("shape"))
    assert not (shards.labels("shape") == shards.labels("texture")).any()


def test_a_name_that_says_nothing_is_counted(tmp_path):
    root = plant(tmp_path / "set")
    for file in ("cat/cat1.png", "cat/dog1-cat2.png", "cat1-bear1.png"):
        (root / file).write_bytes(picture())
    rejected = [one for one in CueConflict(root).splits()["test"].rejected if "no conflict" not in one.reason]
    assert {one.name for one in rejected} == {"cat/cat1_png", "cat/dog1-cat2_png", "cat1-bear1_png"}


def test_names_of_classes_may_end_in_digits_and_begin_alike(tmp_path):
    def told(*files: str):
        root = tmp_path / str(len(files))
        for file in files:
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_bytes(picture())
        listing = CueConflict(root).splits()["test"]
        names = listing.classes["label"]
        reasons = {one.name: one.reason for one in listing.rejected}
        return [(item.path, names[item.shape], names[item.texture]) for item in listing.items], names, reasons

    kept, names, rejected = told(
        "class1/class11-class12.png", "class1/class11-class22.png", "class1/class11-class34.png",
        "class2/class27-class1.png", "cat/cat1-cat-bird2.png", "cat-bird/cat-bird1-cat2.png",
    )  # fmt: skip
    assert kept == [
        ("cat/cat1-cat-bird2.png", "cat", "cat-bird"), ("cat-bird/cat-bird1-cat2.png", "cat-bird", "cat"),
        ("class1/class11-class22.png", "class1", "class2"), ("class2/class27-class1.png", "class2", "class1"),
    ] and names == ("cat", "cat-bird", "class1", "class2")  # fmt: skip
    assert rejected == {
        "class1/class11-class12_png": "no conflict: shape and texture are both 'class1'",
        "class1/class11-class34_png": "its name does not say class11-TEXTURE2, where TEXTURE has a folder too",
    }
    kept, _, _ = told("class1/class11-class122.png", "class12/class121-class12.png")
    assert kept == [("class1/class11-class122.png", "class1", "class12")], "the longest name that has a folder"


def test_a_folder_without_conflicts_is_refused(tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "cat1-cat2.png").write_bytes(picture())
    with pytest.raises(Refusal, match="no pictures with a conflict of cues; expected SHAPE/SHAPE1-TEXTURE2.png"):
        CueConflict(tmp_path).splits()
