"""Commands as users type them: what works bare, what is refused, and how."""

import os
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest

from pipelines.decoders import Plain
from pipelines.negatives import Patches
from shards.sources.synthetic import Synthetic
from tests.making import make_all
from training.attacks import CLAE, Stillness
from training.encoders import Video
from training.false_negatives import KeepAll, Threshold
from training.false_negatives.schedule import Schedule
from training.optimizers import LARS, SGD
from training.optimizers.rates import Level, Steps
from training.pretrain import parse
from training.recipes import DEFAULT, RECIPES

ROOT = Path(__file__).parents[2]


def command(*words, **more):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **more}
    return subprocess.run(
        [sys.executable, *map(str, words)], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )


def refused(done, *parts):
    """One sentence on the error stream, exit code 2, no traceback."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert done.returncode == 2 and len(lines) == 1 and "Traceback" not in done.stderr, done.stderr
    assert all(str(part) in lines[0] for part in parts), lines[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    for medium in ("image", "video"):
        source = Synthetic(medium=medium, train=12, test=0)
        make_all(source, source.splits()["train"], folder / medium / "train", 10, jobs=1)
    return folder


def pretrain(tmp_path, *words, **more):
    return command("training/pretrain.py", *words, "--out", tmp_path / "run", **more)


def test_a_bare_command_line_is_the_default_recipe():
    assert parse([]) == RECIPES[DEFAULT]
    assert parse(["--steps", "7"]).steps == 7


@pytest.mark.parametrize(
    "words",
    [
        "loader.negatives:patches --loader.negatives.count 2 loader.decoder:plain network:video --steps 9",
        "network:video loader.decoder:plain --steps 9 loader.negatives:patches --loader.negatives.count 2",
        "--steps 9 loader.decoder:plain loader.negatives:patches network:video --loader.negatives.count 2",
    ],
)
def test_parts_are_swapped_in_any_order(words):
    run = parse(["simclr-cifar10", *words.split(), "--network.name", "mc3_18"])
    assert run.loader.decoder == Plain() and run.loader.negatives == Patches(count=2)
    assert run.network == Video("mc3_18") and run.steps == 9 and run.loader.batch == 512


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_negatives_attack_and_rule_are_chosen_together_in_any_order(order):
    words = [
        ["loader.negatives:patches", "--loader.negatives.count", "3"],
        ["attack:clae", "--attack.radius", "0.02", "--attack.anchor", "other"],
        ["false-negatives:threshold", "--false-negatives.above", "0.5", "--false-negatives.schedule.most", "0.3"],
    ]
    run = parse(["simclr-moving", *(word for part in order for word in words[part])])
    assert run.loader.negatives == Patches(count=3) and run.attack == CLAE(radius=0.02, anchor="other")
    assert run.false_negatives == Threshold(above=0.5, schedule=Schedule(most=0.3))
    assert parse(["simclr-moving"]).attack == Stillness() and parse(["simclr-moving"]).false_negatives == KeepAll()


def test_optimizers_are_swapped_and_the_fall_of_the_rate_is_named_behind_them():
    words = ["--optimizer.rate", "0.2", "--optimizer.weight-decay", "0.1"]
    assert parse(["simclr-cifar10", *words]).optimizer == SGD(rate=0.2, weight_decay=0.1)
    at, to = ["--optimizer.fall.at", "0.4", "0.53", "0.66"], ["--optimizer.fall.to", "0.1", "0.05", "0.01"]
    stairs = ["optimizer.fall:steps", *at, *to]
    for order in ([*words, *stairs], [*stairs, *words]):
        found = parse(["simclr-cifar10", "optimizer:lars", *order, "--optimizer.no-exclude"]).optimizer
        fall = Steps((0.4, 0.53, 0.66), (0.1, 0.05, 0.01))
        assert found == LARS(rate=0.2, weight_decay=0.1, exclude=False, fall=fall)
    assert parse(["simclr-moving", "optimizer.fall:level"]).optimizer == SGD(rate=0.1, fall=Level())


def test_an_unknown_recipe_is_refused_with_the_known_ones(tmp_path):
    done = pretrain(tmp_path, "simclr-imagnet")
    assert done.returncode == 2 and "simclr-imagenet" in done.stderr and "Traceback" not in done.stderr


def test_an_unknown_option_is_refused_with_a_near_one(tmp_path):
    done = pretrain(tmp_path, "simclr-cifar10", "--loader.shard", "x")
    assert done.returncode == 2 and "--loader.shards" in done.stderr and "Traceback" not in done.stderr


def test_a_missing_folder_is_refused(tmp_path):
    refused(pretrain(tmp_path, "simclr-cifar10", "--loader.shards", tmp_path / "no"), tmp_path / "no", "make_shards.py")


def test_through_the_launcher_it_is_one_sentence_too(tmp_path):
    launch = ["-m", "accelerate.commands.launch", "--quiet", "training/pretrain.py", "simclr-cifar10"]
    done = command(*launch, "--loader.shards", tmp_path / "no", "--out", tmp_path / "run")
    assert done.returncode == 1 and done.stderr.count("error: ") == 1 and "Traceback" not in done.stderr


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    refused(pretrain(tmp_path, "simclr-cifar10", "--loader.shards", tmp_path / "empty"), "no manifest.json")


def test_a_batch_larger_than_the_data_set_is_refused(tmp_path, made):
    refused(
        pretrain(tmp_path, "--loader.shards", made / "image/train"), "a batch of 256", "12 samples", "between 1 and 12"
    )


def test_videos_for_a_decoder_of_images_are_refused(tmp_path, made):
    words = "--loader.shards", made / "video/train", "--loader.batch", 4, "loader.decoder:turbo"
    refused(pretrain(tmp_path, *words), "these shards hold video files", "decoder:auto")


def test_images_for_a_video_recipe_are_refused(tmp_path, made):
    done = pretrain(tmp_path, "simclr-moving", "--loader.shards", made / "image/train", "--loader.batch", 4)
    refused(done, "holds images", "clips of 8 frames", "image recipe")


def test_a_launcher_with_another_precision_is_refused(tmp_path, made):
    done = pretrain(tmp_path, "--loader.shards", made / "image/train", ACCELERATE_MIXED_PRECISION="fp16")
    refused(done, "fp16", "bf16", "leave --mixed_precision out")


@pytest.mark.parametrize("name", ["FSDP", "DEEPSPEED"])
def test_a_launcher_with_another_parallelism_is_refused(tmp_path, made, name):
    refused(pretrain(tmp_path, "--loader.shards", made / "image/train", **{f"ACCELERATE_USE_{name}": "true"}), name)


def test_a_second_run_in_the_same_folder_is_refused(tmp_path, made):
    (tmp_path / "run" / "checkpoints" / "step-00000003").mkdir(parents=True)
    refused(pretrain(tmp_path, "--loader.shards", made / "image/train"), "holds a run already", "--resume", "--out")


def test_resuming_from_nothing_is_refused(tmp_path, made):
    refused(pretrain(tmp_path, "--loader.shards", made / "image/train", "--resume"), "no intact checkpoint")


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["folder", "--root", "/nowhere"], ["/nowhere", "neither a folder nor a tar"]),
        (["--jobs", "0", "synthetic"], ["--jobs", "got 0"]),
        (["--samples-per-shard", "0", "synthetic"], ["--samples-per-shard", "got 0"]),
    ],
)
def test_make_shards_refuses_what_it_cannot_do(tmp_path, words, parts):
    refused(command("tools/make_shards.py", "--out", tmp_path / "out", *words), *parts)


def test_evaluating_no_run_is_refused(tmp_path, made):
    done = command("training/evaluate.py", tmp_path, "--test", made / "image/train")
    refused(done, tmp_path, "no run.json")


def test_evaluating_nothing_is_refused(made):
    done = command("training/evaluate.py", "--test", made / "image/train")
    assert done.returncode == 2 and "Traceback" not in done.stderr and "at least one run" in done.stderr
