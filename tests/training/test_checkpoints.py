"""Checkpoints: complete or absent, exact, and refused when they are not what they were."""

import json

import pytest
import torch
from torch import nn

from shards.refusal import Refusal
from training import checkpoints
from training.checkpoints import load_checkpoint, newest_checkpoint, save_checkpoint


def trained(seed=0, steps=3):
    torch.manual_seed(seed)
    module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9)
    for _ in range(steps):
        step(module, optimizer)
    return module, optimizer


def step(module, optimizer):
    module(torch.arange(12.0).view(4, 3)).square().sum().backward()
    optimizer.step()
    optimizer.zero_grad()


def test_training_goes_on_exactly_where_it_was(tmp_path):
    module, optimizer = trained()
    saved = save_checkpoint(tmp_path, 3, module, optimizer, {"note": 1})
    other, fresh = trained(seed=1, steps=0)
    assert load_checkpoint(saved, other, fresh) == 3
    for pair in ((module, optimizer), (other, fresh)):
        step(*pair)
    assert all(
        torch.equal(a, b) for a, b in zip(module.state_dict().values(), other.state_dict().values(), strict=True)
    )


def test_only_the_newest_two_stay(tmp_path):
    for number in (1, 2, 3):
        save_checkpoint(tmp_path, number, *trained(), {})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["step-00000002", "step-00000003"]


@pytest.mark.parametrize("file", [*checkpoints.FILES, "sha256.json"])
@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_a_damaged_checkpoint_is_passed_over(tmp_path, file, damage):
    for number in (1, 2):
        save_checkpoint(tmp_path, number, *trained(), {})
    victim = tmp_path / "step-00000002" / file
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 4
    {"flip": lambda: victim.write_bytes(content), "truncate": lambda: victim.write_bytes(content[:-9]),
     "remove": victim.unlink}[damage]()  # fmt: skip
    assert newest_checkpoint(tmp_path).name == "step-00000001"


@pytest.mark.parametrize("stage", ["save_file", "sync_folder", "sha256"])
def test_a_writer_that_dies_leaves_the_older_checkpoint(tmp_path, monkeypatch, stage):
    save_checkpoint(tmp_path, 1, *trained(), {})

    def die(*_):
        raise OSError("disk full")

    monkeypatch.setattr(checkpoints, stage, die)
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(tmp_path, 2, *trained(), {})
    monkeypatch.undo()
    assert newest_checkpoint(tmp_path).name == "step-00000001"


def test_another_model_is_refused(tmp_path):
    saved = save_checkpoint(tmp_path, 1, *trained(), {})
    with pytest.raises(Refusal, match="another model"):
        load_checkpoint(saved, nn.Linear(2, 2))


def test_no_folder_means_no_checkpoint(tmp_path):
    assert newest_checkpoint(tmp_path / "nowhere") is None


def test_the_state_is_plain_json(tmp_path):
    saved = save_checkpoint(tmp_path, 7, *trained(), {"world": 2})
    assert json.loads((saved / "state.json").read_text()) == {"step": 7, "world": 2}
