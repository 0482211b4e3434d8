"""The whole road through the real commands: shards, pretraining under Accelerate's launcher, evaluation, report."""

import json
import os
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
    assert f"train: 40 {medium}s of 8 classes, checked by d" in made  # dali or decord
    said = run("-m", "accelerate.commands.launch", *launch, "training/pretrain.py", *RECIPES[medium].split(),
               "--loader.shards", str(data / "train"), "--out", str(out))  # fmt: skip
    assert f"{2 if launch else 1} process(es) on cpu" in said
    assert "broken" not in said and "not checked" not in said and not (out / "faults.jsonl").exists()
    lines = read_metrics(out)
    assert all(line["substituted"] == 0 for line in lines if "loss" in line)
    assert [line["step"] for line in lines if "loss" in line] == [1, 2, 3, 4]
    assert [line["step"] for line in lines if "knn/label" in line] == [0, 2, 4]
    assert all(line["share of data-free floor"] > 0 for line in lines if "loss" in line)
    assert list(out.rglob("events.out.tfevents*"))
    shown = run("training/evaluate.py", str(out), "--test", str(data / "test"), "--neighbours", "5")
    table = json.loads((out / "evaluation.json").read_text())["knn"]
    assert list(table) == ["raw pixels", "raw pixels, centred", "untrained", "trained"]
    facts = {"label", "shape", "texture"} | ({"motion"} if medium == "video" else set())
    assert all(set(row) == facts and all(0 <= value <= 100 for value in row.values()) for row in table.values())
    assert all(name in shown for name in table)
    page = (out / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 2 and "$" not in page
