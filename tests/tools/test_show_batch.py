"""What tools/show_batch.py shows is what a run is given, bit by bit."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from pipelines.batch import Batch
from pipelines.loader import Place
from shards.order import Order
from shards.read import Shards
from shards.refusal import Refusal
from tools.show_batch import Show, batch_at, main, weigh
from training.checkpoints import save_checkpoint
from training.pretrain import parse, parse_as
from training.run import save_run

SMALL = {
    "image": "simclr-synthetic loader.negatives:patches --loader.negatives.count 2 --network.width 8 --loader.side 16",
    "video": "simclr-moving loader.negatives:patches --network.width 4 --loader.side 16 --loader.clip.length 4",
}
BATCH = 7  # of 24: batch 3 straddles two epochs


@pytest.fixture
def words(generated, tmp_path) -> list[str]:
    medium, out = generated
    given = ["--loader.batch", str(BATCH), "--loader.shards", str(out / "train"), "--out", str(tmp_path / "run")]
    return [*SMALL[medium].split(), *given, "--seed", "3"]


@pytest.fixture
def trained(words) -> Path:
    """A run's folder with a checkpoint of step 5, of weights that no run begins with."""
    run = parse(words)
    method = run.build(50)
    with torch.no_grad():
        for parameter in method.parameters():
            parameter += 1
    save_run(run)
    save_checkpoint(run.out / "checkpoints", 5, method, run.optimizer.build(method), {})
    return run.out


def same(one, other) -> bool:
    pairs = zip((*one.views, *one.support, one.negatives, one.ids, one.labels),
                (*other.views, *other.support, other.negatives, other.ids, other.labels), strict=True)  # fmt: skip
    return all(torch.equal(a, b) for a, b in pairs)


def test_each_step_is_what_a_run_gets_that_came_there(words):
    run = parse(words)
    with closing(run.loader.open(Place(), run.seed)) as batches:
        for step in range(5):
            assert same(batch_at(run, step), next(batches)), step


def test_each_step_is_what_a_run_gets_that_resumed_there(words):
    run = parse(words)
    with closing(run.loader.open(Place(threads=2), run.seed, 3)) as batches:
        assert same(batch_at(run, 3), next(batches))
    assert not same(batch_at(run, 3), batch_at(run, 4))


@pytest.mark.long
def test_each_step_is_what_the_training_loop_takes(words, tmp_path):
    """In a process of its own, because Accelerate's state belongs to the process."""
    words += ["--steps", "4", "--floor-steps", "0", "--probe.every", "0"]
    words += ["false-negatives:fnc", "--false-negatives.support", "2"]
    script, file = Path(__file__).with_name("tapped_run.py"), tmp_path / "taken.safetensors"
    done = subprocess.run([sys.executable, script, file, *words], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    taken, run = load_file(file), parse(words)
    assert len(taken) == 4 * 7
    for step in range(4):
        views = tuple(taken[f"{step}.views.{number}"] for number in range(2))
        rest = (taken[f"{step}.{name}"] for name in ("negatives", "ids", "labels"))
        support = tuple(taken[f"{step}.support.{number}"] for number in range(2))
        assert same(batch_at(run, step), Batch(views, *rest, support)), step


def test_a_recipe_is_shown(words, capsys, tmp_path):
    main([*words, "--step", "3"])
    run, printed = parse(words), capsys.readouterr().out
    shards = Shards(run.loader.shards)
    shown = [line.split() for line in printed.splitlines() if line.startswith("  ")]
    _, samples = Order(24, BATCH, 3).at(3)
    labels, names = shards.labels()[samples], shards.manifest.classes["label"]
    wanted = [[str(i), shards.index.name[i], names[c]] for i, c in zip(samples, labels, strict=True)]
    assert len(shown) >= 4 and shown == wanted[: len(shown)]
    sheet = tmp_path / "run" / "step-3.png"
    assert f"sheet: {sheet}\n" in printed and sheet.read_bytes().startswith(b"\x89PNG")
    assert printed.splitlines()[-1] == f"next: accelerate launch training/pretrain.py {' '.join(words)}"


def test_of_several_data_sets_each_sample_says_which(words, generated, capsys):
    train, test = generated[1] / "train", generated[1] / "test"
    place = words.index("--loader.shards")
    main([*words[:place], *words[place + 2 :], "--loader.shards", str(train), str(test), "--loader.weights", "4", "3"])
    printed = capsys.readouterr().out
    shown = [line.split() for line in printed.splitlines() if line.startswith("  ")]
    assert {Path(folder) for _, _, folder, _ in shown} == {train, test}
    assert all(Path(folder) == (train if int(number) < 24 else test) for number, _, folder, _ in shown)
    assert f"step 0, seed 3, {train} + {test}, no attack" in printed


def test_a_run_is_shown_with_its_own_fields(trained, words, capsys, tmp_path):
    main([str(trained), "--step", "3", "--sheet", str(tmp_path / "run.png")])
    main([*words, "--step", "3", "--sheet", str(tmp_path / "recipe.png")])
    of_run, of_recipe = capsys.readouterr().out.split("step 3,")[1:]
    assert of_run.partition("sheet:")[0] == of_recipe.partition("sheet:")[0] != ""
    assert (tmp_path / "run.png").read_bytes() == (tmp_path / "recipe.png").read_bytes()
    assert f"next: python training/evaluate.py {trained} --test" in of_run


def test_fields_of_a_run_can_be_given_anew(trained, generated, capsys):
    moved = generated[1] / "test"
    main([str(trained), "--loader.shards", str(moved), "--loader.batch", "4"])
    assert f"step 0, seed 3, {moved}" in (printed := capsys.readouterr().out) and "first 4 of 4 samples" in printed


def test_a_run_attacks_with_its_newest_checkpoint_a_recipe_with_its_first_weights(trained, words):
    run = parse(words)
    fresh, said = weigh(run, trained=False)
    assert said == "untrained, seed 3" and fresh.training
    found, said = weigh(run, trained=True)
    assert said == "checkpoint of step 5" and found.training
    for first, last in zip(fresh.parameters(), found.parameters(), strict=True):
        assert torch.equal(first + 1, last)


def test_a_run_without_a_checkpoint_says_so(words):
    run = parse(words)
    assert weigh(run, trained=True)[1] == "untrained, seed 3 (no checkpoint yet)"


@pytest.mark.parametrize(
    "rest",
    [
        "--step 4 --steps 9 loader.negatives:patches --sheet a.png",
        "loader.negatives:patches --sheet a.png --steps 9 --step 4",
    ],
)
def test_the_recipe_is_parsed_as_for_training(rest):
    shown = parse_as(lambda kinds: Show[kinds], ["simclr-cifar10", *rest.split()], None)
    assert shown.run == parse(["simclr-cifar10", "loader.negatives:patches", "--steps", "9"])
    assert (shown.step, shown.sheet) == (4, Path("a.png"))


@pytest.mark.parametrize("step", ["-1", "200"])
def test_a_step_that_no_run_takes_is_refused(step):
    with pytest.raises(Refusal, match=f"--step must lie in 0 … 199, .*got {step}"):
        main(["simclr-moving", "--step", step])


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(Refusal, match="holds no run.json"):
            main([str(folder), "--step", "1"])


def test_a_folder_does_not_hide_a_recipe_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("simclr-moving").mkdir()
    with pytest.raises(Refusal, match="no folder data/moving/train"):
        main(["simclr-moving"])
