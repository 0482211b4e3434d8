"""A run on several data sets, from the command to what a later run may go on from."""

import re
from dataclasses import replace

import pytest

from pipelines.loader import Place
from shards.refusal import Refusal
from shards.several import open_shards
from tests.training.real_runs import command, finish
from training import resume
from training.evaluate import Evaluate
from training.pretrain import parse
from training.resume import check_same_run, facts_of
from training.run import load_run, save_run
from training.splits import splits_of
from training.trackers import read_metrics


@pytest.fixture
def mixed(images, tmp_path):
    """A run on the 50 training and the 10 test images, three to one."""
    folders = images / "train", images / "test"
    words = ["simclr-synthetic", "--loader.shards", *map(str, folders), "--loader.weights", "3", "1"]
    return parse([*words, "--loader.batch", "16", "--out", str(tmp_path / "run")])


@pytest.mark.long
def test_a_run_trains_on_two_data_sets(images, tmp_path):
    folders = [str(images / split) for split in ("train", "test")]
    more = [
        "--probe.every",
        "0",
        "--floor-steps",
        "0",
        "--loader.shards",
        *folders,
        "--loader.weights",
        "3",
        "1",
        "loader.negatives:patches",
    ]
    words = command("image", images, tmp_path, 3)
    place = words.index("--loader.shards")
    said = finish([*words[:place], *words[place + 2 :], *more]).stdout
    assert f"60 images of {folders[0]} + {folders[1]}, batches of 16, steps 0 to 3 (0.7 + 1.2 epochs in all)" in said
    assert [line["step"] for line in read_metrics(tmp_path) if "loss" in line] == [1, 2, 3]
    run = load_run(tmp_path)
    assert (run.loader.shards, run.loader.weights) == ((images / "train", images / "test"), (3.0, 1.0))


@pytest.fixture
def resumed(mixed, monkeypatch, tmp_path):
    """Tries to go on from a checkpoint of the mixed run as another run."""

    def try_it(other):
        then = facts_of(mixed, open_shards(mixed.loader.shards), Place())
        monkeypatch.setattr(resume, "read_state", lambda _: then)
        check_same_run(tmp_path / "step-3", facts_of(other, open_shards(other.loader.shards), Place()), False)

    return try_it


def test_a_run_goes_on_with_the_same_data_sets_and_weights_only(mixed, resumed, images):
    train, test = images / "train", images / "test"
    resumed(mixed)
    for changed in ((train,), (test, train), train):
        with pytest.raises(Refusal, match="the shards have changed"):
            resumed(replace(mixed, loader=replace(mixed.loader, shards=changed)))
    for weights in ((1.0, 3.0), ()):
        with pytest.raises(Refusal, match=re.escape("other values of loader.weights")):
            resumed(replace(mixed, loader=replace(mixed.loader, weights=weights)))


def test_evaluating_it_takes_the_name_of_one_data_set(mixed, images):
    save_run(mixed)
    train, test = images / "train", images / "test"
    with pytest.raises(Refusal, match=f"{mixed.out} was trained on {train}, {test}; name one: --train DIR"):
        Evaluate((mixed.out,))()
    found = splits_of(load_run(mixed.out), train)
    assert [split.folder for split in found] == [train, test]
