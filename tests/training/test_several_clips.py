"""Several clips of a test video: which frames are seen, and what is averaged."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch import nn

from pipelines.boxes import centre_boxes
from pipelines.decoders import Plain
from pipelines.decoders.cut import Cut
from pipelines.frames import Clip
from pipelines.loader import Loader, Place
from shards.read import Shards
from training.chunked import Chunked
from training.featured import Featured
from training.material import Material
from training.outcomes import Outcomes
from training.probes.clips import Clips
from training.probes.knn import KNN
from training.probes.linear import LinearClassifier
from training.probes.task import Task


class Pixels(nn.Module):
    """Every clip as it is."""

    def forward(self, clips):
        return clips.flatten(1)


def test_features_are_those_of_clips_from_the_first_to_the_last_frame(videos, tmp_path):
    shards, clip = Shards(videos / "test"), Clip(2, 3)
    loader = Loader(videos / "test", batch=4, side=8, clip=clip, decoder=Plain())
    material = Material(loader, Shards(videos / "train"), shards, Chunked(tmp_path, Accelerator(cpu=True), Place()))
    numbers, found = Featured({"all": Pixels()}, replace(material, together=4), 5).spread(3, np.array([1, 4, 5, 99]))
    assert numbers.tolist() == [1, 4, 5] and found["all"].shape == (3, 3, 2 * 3 * 64)
    extent = shards.index.extent[numbers].astype(np.int64)
    room = extent[:, 0] - 4
    assert (room > 2).all()
    for features, starts in zip(found["all"], (0 * room, room // 2, room), strict=True):
        frames = np.stack([starts, starts + 3], 1)
        cut = Cut([shards.media(int(i)) for i in numbers], shards.index.name[numbers].tolist(), extent,
                  [np.empty(0)] * 3, frames[None], centre_boxes(extent[:, 1:])[None], 8)  # fmt: skip
        pixels = Plain().open("video", Place().device, 1)(cut)[0] / 255
        torch.testing.assert_close(features, pixels.flatten(1))


def test_what_is_averaged():
    bank = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    labels, answers = torch.tensor([0, 1]), torch.tensor([0, 0, 1])
    task = Task(bank, torch.zeros(3, 2), {"label": (labels, answers)}, labels > 5, {"label": 2}, np.array([3, 4, 8]))
    probe = LinearClassifier(bank, 2)
    probe.mean.zero_(), probe.scale.fill_(1.0), probe.weight.data.copy_(torch.eye(2))
    # of the first video one clip says class 1 aloud, by its length, and two say 0 quietly
    first = torch.tensor([[0.0, 9.0], [3.0, 0.0], [3.0, 0.0]])
    spread = torch.stack([first, torch.eye(2)[[0, 0, 1]], torch.eye(2)[[1, 1, 1]]], 1)
    outcomes = Outcomes()
    found = Clips()(task, spread, probe, KNN(temperature=0.01), 2, outcomes, "net")
    right = {way: outcomes.cells[f"clips/{way}/net"].right.tolist() for way in found}
    assert right["linear, features"] == [False, True, True]  # (2, 3)
    assert right["linear, answers"] == [True, True, True]  # about 2 / 3 against 1 / 3
    assert right["knn, features"] == [False, True, True] and right["knn, answers"] == [True, True, True]
    assert found["linear, features"]["accuracy"] == pytest.approx(200 / 3)


def test_a_task_of_some_samples():
    labels = torch.arange(4)
    task = Task(
        torch.eye(4), torch.eye(4), {"label": (labels, labels)}, labels > 2, {"label": 4}, np.array([2, 3, 5, 9])
    )
    some = task.of(np.array([9, 3, 7]))
    assert some.asked.tolist() == [3, 9] and some.answers["label"][1].tolist() == [1, 3]
    assert torch.equal(some.test, torch.eye(4)[[1, 3]]) and torch.equal(some.train, task.train)


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="count must be at least 0, got -1; --clips.count 0 leaves it out"):
        Clips(-1)
