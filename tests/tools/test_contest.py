"""Contests: what a turn costs, who fails, and that all make the same pixels."""

import numpy as np
import pytest

from shards.read import Shards
from shards.refusal import Refusal
from tools.benchmarks.contest import hold, watch
from tools.benchmarks.photographs import boxes, lay_out
from tools.benchmarks.report import figures, table
from tools.benchmarks.running import PEERS, Contestant, Result, Turn

BURN = "import time\nwhile time.process_time() < 0.3: pass"
PROGRAM = f"""
import subprocess, sys
sys.path.insert(0, {str(PEERS)!r})
from turns import take_turns

def prepare(task):
    print("not an answer")
    if task["fail"] == "at once":
        raise RuntimeError("no such codec")
    def work(add_up):
        if task["fail"] == "later" and not add_up:
            raise RuntimeError("out of frames")
        subprocess.run([sys.executable, "-c", {BURN!r}], check=True)
        return 10, 7 * add_up
    return work

take_turns(prepare, "numpy")
"""


@pytest.fixture
def program(tmp_path) -> str:
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    return str(file)


def test_a_turn_counts_children_and_who_fails_is_out(program, tmp_path):
    names = {"sound": None, "dead": "at once", "tired": "later"}
    contestants = [Contestant(name, program, {"fail": fail}) for name, fail in names.items()]
    sound, dead, tired = hold(contestants, 5, tmp_path)
    assert len(sound.turns) == 5 and not sound.failure
    assert all(turn.items == 10 and turn.cpu > 0.25 for turn in sound.turns)
    assert sound.pixels == 7 and sound.versions == {"numpy": np.__version__}
    assert "no such codec" in dead.failure and "out of frames" in tired.failure
    assert not dead.turns and not tired.turns
    rows = figures([sound, dead, tired], "images")
    assert "no such codec" in table("title", rows, "images")


def test_a_median_of_few_is_refused(tmp_path):
    with pytest.raises(Refusal, match="at least 5, got 4"):
        hold([], 4, tmp_path)


def test_what_cannot_be_watched_says_why(program, tmp_path):
    held = watch(Contestant("sound", program, {"fail": None}), 3, tmp_path)
    assert len(held) == 3 and all(one["resident MB"] > 1 and one["open files"] > 2 for one in held)
    with pytest.raises(Refusal, match="no such codec"):
        watch(Contestant("dead", program, {"fail": "at once"}), 3, tmp_path)


def test_ratios_are_taken_within_rounds():
    """The machine grows slower from round to round, for all alike: the ratio stays."""
    slow = [1.0, 2.0, 4.0, 8.0, 16.0]
    rival = Result(Contestant("rival", "", {}), [Turn(10, 2 * s, s) for s in slow])
    twice = Result(Contestant("twice", "", {}, least=3.0), [Turn(10, 2 * s, s / 2) for s in slow])
    _, row = figures([rival, twice], "images")
    assert row["ratio"] == 2 and row["ratios"] == [2] * 5 and row["ratio on the clock"] == 1
    assert row["images per CPU-second"] == 10 / 2 and row["images per second"] == 10 / 8
    assert "at least 3: MISSED" in table("title", [row], "images")


@pytest.mark.long
def test_all_roads_with_the_same_codec_make_the_same_pixels(tmp_path):
    found = lay_out(None, tmp_path, count=24)
    np.save(tmp_path / "boxes.npy", boxes(found.shards, 12))
    task = {
        "folder": str(found.folder), "files": found.files, "names": Shards(found.shards).index.name.tolist(),
        "tars": [str(tar) for tar in sorted(found.shards.glob("*.tar"))], "boxes": str(tmp_path / "boxes.npy"),
        "side": 64, "batch": 12, "passes": 2, "threads": 1, "views": 2, "per sample": 1, "decoder": "Turbo",
        "shards": str(found.shards), "road": "same",
    }  # fmt: skip
    programs = ("antipodal.py", "images_torchvision.py", "images_webdataset.py")
    results = hold([Contestant(name, name, task) for name in programs], 5, tmp_path)
    assert [result.failure for result in results] == ["", "", ""]
    assert results[0].pixels > 0 and len({result.pixels for result in results}) == 1
    assert {turn.items for result in results for turn in result.turns} == {48}
