"""Runs over damaged shards: they end well, say what was broken, or stop where it was too much."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pipelines.loader import Loader, Place
from shards.order import Order, permutation
from shards.read import Shards
from tests.training.real_runs import command, environment, finish, kill_after, weights
from tests.training.test_two_processes import in_two_processes
from training.broken import read_faults
from training.trackers import read_metrics

BAD = [3, 17, 18, 31, 44]


def spoil(data: Path, out: Path, samples: list[int]) -> Path:
    """A copy of a data set with one byte changed in each of these training samples."""
    folder = Path(shutil.copytree(data, out)) / "train"
    shards = Shards(folder)
    for sample in samples:
        file = folder / shards.tar(sample)
        content = bytearray(file.read_bytes())
        content[int(shards.index.offset[sample]) + 200] ^= 0x55
        file.write_bytes(content)
    return out


def drawn_bad(steps: int, batch: int, seed: int = 0) -> list[int]:
    order = Order(50, batch, seed)
    return [int(np.isin(order.at(step)[1], BAD).sum()) for step in range(steps)]


@pytest.fixture(scope="module")
def spoilt(images, tmp_path_factory) -> Path:
    return spoil(images, tmp_path_factory.mktemp("spoilt") / "data", BAD)


def test_a_run_ends_well_and_lists_what_was_broken(spoilt, tmp_path):
    done = finish(command("image", spoilt, tmp_path, 7, "--max-broken", "0.2"))
    assert [line["substituted"] for line in read_metrics(tmp_path) if "loss" in line] == drawn_bad(7, 16)
    faults, shards = read_faults(tmp_path), Shards(spoilt / "train")
    assert [fault.sample for fault in faults] == BAD  # 7 steps of 16 see all 50
    assert f"5 broken samples were met, others stood in {sum(drawn_bad(7, 16))} times" in done.stdout
    for fault in faults:
        assert (fault.name, fault.shard) == (shards.index.name[fault.sample], shards.tar(fault.sample))
        assert f"{fault.shard} {fault.name}: its bytes have changed since they were written" in done.stdout


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.long)])
def test_too_many_stop_the_run_in_one_sentence_everywhere(spoilt, tmp_path, processes):
    words = command("image", spoilt, tmp_path, 7, "--probe.every", "0", processes=processes)
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, env=environment())
    count = sum(drawn_bad(7, 16))
    assert done.returncode == (2 if processes == 1 else 1) and count > 0.05 * 7 * 16
    sentence = f"error: {count} of 112 drawn samples were broken, more than --max-broken 0.05; {tmp_path}/faults.jsonl"
    assert 1 <= done.stderr.count(sentence) <= processes  # torchrun ends the second one while the first says it
    assert "training/loop.py" not in done.stderr  # torchrun's own traceback does not go there
    assert [fault.sample for fault in read_faults(tmp_path)] == BAD


@pytest.mark.long
@pytest.mark.parametrize("processes", [1, 2])
def test_killed_and_resumed_it_sees_the_same_batches_and_keeps_the_list(spoilt, tmp_path, processes):
    more = ["--max-broken", "0.2"]
    finish(command("image", spoilt, tmp_path / "calm", 7, *more, processes=processes))
    kill_after(command("image", spoilt, tmp_path / "rough", 7, *more, processes=processes), tmp_path / "rough", 4)
    finish(command("image", spoilt, tmp_path / "rough", 7, *more, "--resume", processes=processes))
    assert weights(tmp_path / "calm") == weights(tmp_path / "rough")
    assert read_faults(tmp_path / "calm") == read_faults(tmp_path / "rough")
    assert [fault.sample for fault in read_faults(tmp_path / "rough")] == BAD


@pytest.mark.long
def test_a_run_over_damaged_videos_ends_well(videos, tmp_path):
    bad = [2, 9]
    data = spoil(videos, tmp_path / "data", bad)
    finish(command("video", data, tmp_path / "run", 5, "--max-broken", "0.3", processes=2))
    assert [fault.sample for fault in read_faults(tmp_path / "run")] == bad


def test_two_processes_see_the_batches_of_one_and_share_what_is_sound(spoilt, tmp_path):
    halves = BAD[:3] + [0, 1, 2]  # one process has nothing but broken samples
    asked = {"halves": halves, "odd": [5, 3, 9, 10, 44, 7, 8]}
    said = in_two_processes("broken_in_two_processes.py", spoilt / "train", tmp_path, json.dumps(asked))
    assert said.count("3 of 6 samples cannot be decoded and are left out") == 1  # by the main process alone
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2))
    loader = Loader(spoilt / "train", batch=8, side=16)
    stream = loader.open(Place(), seed=5)
    whole = [next(stream).ids.tolist() for _ in range(8)]
    stream.close()
    assert [a + b for a, b in zip(first["ids"], second["ids"], strict=True)] == whole
    assert first["features"] == second["features"]
    numbers, means = zip(*loader.sweep(Shards(spoilt / "train"), Place(), np.arange(50)), strict=True)
    truth = dict(
        zip(np.concatenate(numbers).tolist(), np.concatenate([m.flatten(1).mean(1) for m in means]), strict=True)
    )
    for name, samples in asked.items():
        found, values = first["features"][name]
        assert found == [sample for sample in samples if sample not in BAD]
        assert values == pytest.approx([truth[sample] for sample in found], abs=1e-5)


def test_the_fixture_breaks_what_is_drawn():
    assert set(BAD) <= set(permutation(50, 0, 0)[:50].tolist()) and sum(drawn_bad(7, 16)) > 5
