"""Textures are asked about as they lie beside their samples; accuracies in classes, groups and cues in closed form."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from pipelines.chosen import textures
from pipelines.decoders import Plain
from pipelines.loader import Loader, Place
from shards.manifest import Manifest
from shards.read import Shards
from shards.refusal import Refusal
from training.outcomes import Outcomes
from training.probes.groups import Groups, groups_of
from training.probes.linear import LinearClassifier
from training.probes.task import Task
from training.probes.textures import Textures, shares

NAMES = ("tabby", "siamese", "van", "bus")
PETS = Groups(("cat", "vehicle"), np.array([0, 0, 1, 1]))


@pytest.mark.parametrize("medium, length", [("image", 1), ("video", 3)])
def test_the_pictures_are_those_of_the_shards(textured, medium, length):
    shards = Shards(textured(medium) / "train")
    loader = Loader(shards.folder, batch=5, side=48, decoder=Plain())
    loader = replace(loader, clip=replace(loader.clip, length=length))
    wanted = np.array([3, 7, 11, 2, 15, 0, 9])
    parts = [*textures(loader, shards, Place(), wanted)]
    assert np.concatenate([numbers for numbers, _ in parts]).tolist() == wanted.tolist()
    found = torch.cat([clips for _, clips in parts])
    for number, clip in zip(wanted.tolist(), found, strict=True):
        pixels = np.asarray(Image.open(io.BytesIO(bytes(shards.texture(number)))).convert("RGB").resize((48, 48)))
        assert clip.shape == (length, 3, 48, 48)
        assert ((255 * clip).permute(0, 2, 3, 1) - torch.from_numpy(pixels.copy()).float()).abs().max() <= 1


def tasks(image: list[int], texture: list[int], truth: list[int], cue: list[int]) -> tuple[Task, Task]:
    """Test features that are one-hot of what the identity decides."""

    def task(decided: list[int]) -> Task:
        answers = {fact: (torch.zeros(1, dtype=torch.int64), torch.tensor(said)) for fact, said in
                   (("label", truth), ("shape", cue))}  # fmt: skip
        features = nn.functional.one_hot(torch.tensor(decided), 4).float()
        held = torch.ones(1, dtype=torch.bool)
        return Task(torch.zeros(1, 4), features, answers, held, {"label": 4, "shape": 4}, np.arange(len(truth)))

    return task(image), task(texture)


def measure(image: Task, texture: Task, groups: Groups | None = PETS) -> dict:
    classifier = LinearClassifier(torch.zeros(1, 4), 4).requires_grad_(False)
    classifier.weight.copy_(torch.eye(4))  # decides for the largest feature
    probe = {"net": (classifier, 1.0)}
    return Textures()({"net": image}, {"net": texture}, probe, {"shape": probe}, groups, NAMES, Outcomes())["net"]


def test_groups_are_easier_than_classes():
    image, texture = tasks([0, 1, 2, 3, 2], [0, 0, 3, 1, 3], [0, 1, 2, 3, 3], [0, 0, 3, 3, 0])
    found = measure(image, texture)
    assert {kind: {of: one["accuracy"] for of, one in found[kind].items()} for kind in ("fine", "coarse")} == {
        "fine": {"image": 80, "texture": 40}, "coarse": {"image": 100, "texture": 80},
    }  # fmt: skip
    assert found["classes"] == {
        "tabby": {"image": 100, "texture": 100, "samples": 1}, "siamese": {"image": 100, "texture": 0, "samples": 1},
        "van": {"image": 100, "texture": 0, "samples": 1}, "bus": {"image": 50, "texture": 50, "samples": 2},
    }  # fmt: skip
    assert found["groups"]["coarse"]["cat"] == {"image": 100, "texture": 100, "samples": 2}
    assert found["groups"]["fine"]["vehicle"]["texture"] == pytest.approx(100 / 3)
    assert found["cues"] == {"shape": {"image": 40, "texture": 60}} and found["chance in groups"] == 50


def test_samples_without_a_sound_texture_count_for_neither():
    image, texture = tasks([0, 1, 2], [0, 1, 2], [0, 0, 0], [0, 0, 0])
    fewer = replace(texture, test=texture.test[1:], asked=np.array([1, 2]),
                    answers={fact: (known, asked[1:]) for fact, (known, asked) in texture.answers.items()})  # fmt: skip
    found = measure(image, fewer)
    assert found["fine"]["image"]["accuracy"] == 0 and found["classes"]["tabby"]["samples"] == 2


def test_without_groups_there_are_classes_only():
    assert {"coarse", "groups"}.isdisjoint(measure(*tasks([0], [0], [0], [0]), groups=None))


def test_classes_without_samples_are_not_there():
    right = {"image": torch.tensor([True, False])}
    assert shares(right, torch.tensor([1, 1]), ("a", "b", "c")) == {"b": {"image": 50, "samples": 2}}


class Known(Shards):
    """Of a training split what groups are made of."""

    def __init__(self, labels, coarse):
        self.manifest = Manifest("image", len(labels), {"label": NAMES, "coarse": ("x", "y")}, ())
        self._of = {"label": np.array(labels), "coarse": np.array(coarse)}

    def labels(self, fact="label"):
        return self._of[fact]


def test_superclasses_are_groups_if_each_class_has_one(images):
    groups = groups_of(Known([3, 0, 1, 2, 0], [1, 0, 0, 1, 0]), None)
    assert groups.names == ("x", "y") and groups.of.tolist() == [0, 0, 1, 1]
    assert groups_of(Known([3, 0, 1, 2, 0], [1, 0, 0, 1, 1]), None) is None
    assert groups_of(Known([3, 0, 1], [1, 0, 0]), None) is None
    assert groups_of(Shards(images / "train"), None) is None


def test_groups_come_from_a_file_or_are_refused(tmp_path):
    known, file = Known([], []), tmp_path / "groups.json"
    file.write_text(json.dumps({"tabby": "cat", "siamese": "cat", "van": "car", "bus": "car", "oak": "tree"}))
    groups = groups_of(known, file)
    assert groups.names == ("car", "cat") and groups.of.tolist() == [1, 1, 0, 0]
    for content, said in (
        ('{"tabby": "cat"}', r"has no group for 'siamese' \(3 such\)"),
        ("[1]", "is something else; expected one JSON object"),
        ("{", "cannot be read .* expected one JSON object"),
    ):
        file.write_text(content)
        with pytest.raises(Refusal, match=said):
            groups_of(known, file)
    with pytest.raises(Refusal, match="cannot be read"):
        groups_of(known, tmp_path / "absent.json")
