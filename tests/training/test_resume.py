"""A run that is killed and resumed ends as if nothing had happened."""

import shutil

import pytest
from safetensors.torch import load_file

from tests.training.real_runs import MODULES, command, finish, kill_after, weights
from training.trackers import read_metrics

STEPS = 10


def killed_and_resumed(kind, shards, folder, kills, processes, words=()):
    """Weights and metrics of an undisturbed run and of one killed -9 after each of ``kills``."""
    calm, rough = folder / "calm", folder / "rough"
    finish(command(kind, shards, calm, STEPS, *words, processes=processes))
    for number, step in enumerate(kills):
        more = [*words, "--resume"] if number else words
        kill_after(command(kind, shards, rough, STEPS, *more, processes=processes), rough, step)
    finish(command(kind, shards, rough, STEPS, *words, "--resume", processes=processes))
    return calm, rough


def check_equal(calm, rough):
    assert weights(calm) == weights(rough)
    quiet, disturbed = (
        [(line["step"], line.get("loss"), line.get("knn/label")) for line in read_metrics(run)] for run in (calm, rough)
    )
    assert quiet == disturbed  # every step and probe logged once, and to the same value


@pytest.mark.long  # the next test is quick for images on one process, and has everything switched on
def test_images_killed_in_the_middle_of_an_epoch(images, tmp_path):
    check_equal(*killed_and_resumed("image", images, tmp_path, [4], processes=1))


@pytest.mark.parametrize(
    ("kind", "processes"),
    [("image", 1)] + [pytest.param(k, n, marks=pytest.mark.long) for k, n in (("video", 1), ("image", 2))],
)
def test_all_modules_with_adam_and_an_average_killed_in_the_middle_of_an_epoch(
    kind, processes, images, videos, tmp_path
):
    shards = images if kind == "image" else videos
    calm, rough = killed_and_resumed(kind, shards, tmp_path, [4], processes, MODULES)
    check_equal(calm, rough)
    logged = [line for line in read_metrics(calm) if "loss" in line]
    later = [line["false negatives/share removed"] for line in logged[1:]]  # at step 1 the queue is empty
    assert len(later) == STEPS - 1 and any(share > 0 for share in later)
    older, newer = (load_file(folder / "tensors.safetensors") for folder in sorted((calm / "checkpoints").iterdir()))
    copies = [name for name in newer if name.startswith("method.average.encoder") and name.endswith("weight")]
    assert copies and not any(newer[name].equal(older[name]) for name in copies)  # the copy moves


@pytest.mark.long
@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("pairs", ["ds", "a2s"])
def test_start_noise_is_drawn_again_and_both_kinds_of_norms_are_kept(pairs, processes, images, tmp_path):
    words = (
        f"method:acl --method.pairs {pairs} --method.head.hidden 16 --method.head.out 16 attack:pgd --attack.steps 2"
    )
    calm, rough = killed_and_resumed("image", images, tmp_path, [4], processes, [*words.split(), "--average", "0.9"])
    check_equal(calm, rough)


@pytest.mark.long
@pytest.mark.parametrize("processes", [1, 2])
def test_clusters_are_remembered(processes, images, tmp_path):
    """Clusters are found anew at each step but the first."""
    words = "false-negatives:cluster --false-negatives.clusters 5 --false-negatives.refresh 0.1"
    words += " --false-negatives.schedule.start 0"
    calm, rough = killed_and_resumed("image", images, tmp_path, [7], processes, words.split())
    check_equal(calm, rough)
    assert any(line.get("false negatives/share removed") for line in read_metrics(calm))


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "processes", "kills"),
    [("image", 1, [4, 5, 7]), ("image", 2, [4, 7]), ("video", 1, [5, 7]), ("video", 2, [4])],
)
def test_killed_several_times(kind, processes, kills, images, videos, tmp_path):
    shards = images if kind == "image" else videos
    check_equal(*killed_and_resumed(kind, shards, tmp_path, kills, processes))


def test_a_run_killed_before_its_first_checkpoint_starts_anew_in_its_folder(images, tmp_path):
    kill_after(command("image", images, tmp_path, STEPS), tmp_path, 1)
    (tmp_path / "checkpoints").mkdir(exist_ok=True)
    for early in (tmp_path / "checkpoints").iterdir():
        shutil.rmtree(early)  # should the kill have come late
    finish(command("image", images, tmp_path, 3))
    assert [line["step"] for line in read_metrics(tmp_path) if "loss" in line] == [1, 2, 3]
