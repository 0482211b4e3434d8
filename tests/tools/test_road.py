"""The whole road through the real commands: shards, pretraining under Accelerate's launcher, evaluation, report."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from training.trackers import read_metrics

ROOT = Path(__file__).parents[2]
SMALL = "--steps 4 --log-every 1 --floor-steps 1 --probe.every 2 --loader.batch 16 --loader.side 16"
RECIPES = {
    "image": f"simclr-synthetic loader.negatives:patches --network.width 8 {SMALL}",
    "video": f"simclr-moving --network.width 4 --loader.clip.length 4 {SMALL}",
}


def run(*words):
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=600,
        env={**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.mark.parametrize(
    ("medium", "launch"),
    [("image", []), ("video", ["--multi_gpu", "--num_processes", "2", "--main_process_port", "0"])],
)
def test_from_files_to_a_report(medium, launch, tmp_path):
    data, out = tmp_path / "data", tmp_path / "run"
    made = run("tools/make_shards.py", "--out", str(data), "--jobs", "2", "synthetic", "--medium", medium, "--train",
               "40", "--test", "10")  # fmt: skip
    assert "next: accelerate launch training/pretrain.py" in made and "left out" not in made
    assert f"train: 40 {medium}s of 8 classes, checked by " in made and ("pyav " in made) == (medium == "video")
    said = run("-m", "accelerate.commands.launch", *launch, "training/pretrain.py", *RECIPES[medium].split(),
               "--loader.shards", str(data / "train"), "--out", str(out))  # fmt: skip
    assert f"{2 if launch else 1} process(es) on cpu" in said
    assert said.count("4 steps, ") == said.count(" of the CPU time for data\n") == 1  # said once, of all processes
    assert "broken" not in said and "not checked" not in said and not (out / "faults.jsonl").exists()
    lines = read_metrics(out)
    assert all(line["substituted"] == 0 for line in lines if "loss" in line)
    assert [line["step"] for line in lines if "loss" in line] == [1, 2, 3, 4]
    assert [line["step"] for line in lines if "knn/label" in line] == [0, 2, 4]
    assert all(line["share of data-free floor"] > 0 for line in lines if "loss" in line)
    assert list(out.rglob("events.out.tfevents*"))
    shutil.copytree(out, second := tmp_path / "second")
    knobs = "--knn.neighbours 5 9 --robustness.attacked 6 --robustness.attack-steps 3 --linear.penalties 0.1 0.001"
    shown = run("training/evaluate.py", str(out), str(second), *knobs.split())
    found = json.loads((out / "evaluation.json").read_text())
    facts = {"label", "shape", "texture"} | ({"motion"} if medium == "video" else set())
    encoders = ["untrained", "trained"]
    assert list(found["knn"]) == ["raw pixels", "raw pixels, centred", *encoders] == list(found["shape share"])
    assert all(set(row) == facts for row in found["knn"].values())
    assert all(
        0 <= cell["accuracy"] <= 100 and cell["k"] in (5, 9) for row in found["knn"].values() for cell in row.values()
    )
    assert all(list(found[part]) == encoders for part in ("linear", "geometry", "robustness"))
    assert all(name in shown for name in found["knn"]) and found["step"] == 4
    for attacks in found["robustness"].values():
        aimed, noise = ([point["accuracy"] for point in attacks[kind].values()] for kind in ("pgd", "noise"))
        assert list(attacks["pgd"]) == ["0", "0.25", "0.5", "1", "2"] and attacks["attacked"] == 6
        assert aimed == sorted(aimed, reverse=True) and all(a <= n for a, n in zip(aimed, noise, strict=True))
    page = (out / "report.html").read_text()
    plots = {file.stem for file in (out / "plots").glob("*.png")}
    assert plots >= {"curves", "views", "radii", "radii-l2", "classes", "sheet"}
    assert page.count("data:image/png;base64,") == len(plots) and "$" not in page and 'src="data' in page
    joint = json.loads((tmp_path / "joint" / "comparison.json").read_text())
    one, two = joint["each"]
    assert (
        one == found == two | {name: found[name] for name in ("run", "recipe", "provenance")}
    )  # the same weights, the same numbers
    beside = len(list((tmp_path / "joint" / "plots").glob("*.png")))
    assert (tmp_path / "joint" / "report.html").read_text().count("data:image/png;base64,") == beside > 0
