"""The fine-tuning command: recipes, words, what it leaves behind."""

import json
import subprocess
import sys
from dataclasses import fields, replace
from fnmatch import fnmatch
from operator import attrgetter
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from safetensors.torch import load_file

from pipelines.loader import Place
from shards.read import Shards
from shards.refusal import Refusal
from tests.training.invented import evaluation
from tests.training.published_tuning import TUNING_VALUES
from tests.training.real_runs import ROOT, environment
from training.attacks import PGD, Stillness
from training.checkpoints import save_checkpoint
from training.chunked import Chunked
from training.encoders import NarrowResNet, NarrowResNet3D
from training.finetune import Finetune, parse
from training.material import Material
from training.methods import ACL, SimCLR
from training.recipes import RECIPES
from training.recipes.tuning import TUNINGS
from training.reports.of_run import write_run_report
from training.robustness.radii import Robustness
from training.run import load_run, save_run
from training.trained import learned
from training.tuned import read_tuned, tuned_section, tuned_tables
from training.tuning import AFF, ALF, SLF
from training.tuning.nearby import Nearby

LIGHT = Robustness(radii=(1.0, 8.0), attack_steps=2, attacked=6)


def matching(patterns: str) -> list[str]:
    return [name for name in TUNINGS if any(fnmatch(name, pattern) for pattern in patterns.split())]


@pytest.mark.parametrize(("names", "field", "value"), [row[:3] for row in TUNING_VALUES])
def test_recipes_have_the_values_of_their_sources(names, field, value):
    meant = matching(names)
    assert len(meant) >= len(names.split())
    assert {name: attrgetter(field)(TUNINGS[name]) for name in meant} == {name: pytest.approx(value) for name in meant}


@pytest.mark.parametrize("name", TUNINGS)
def test_every_knob_of_a_recipe_has_a_source_or_is_ours(name):
    sourced = {field.split(".")[0] for names, field, *_ in TUNING_VALUES if name in matching(names)}
    assert {f.name for f in fields(TUNINGS[name])} - sourced <= {"views", "attack"}
    assert type(TUNINGS[name]).__name__.lower() == name.rpartition("-")[2]


def test_words_become_a_fine_tuning():
    run = str(ROOT / "tests")  # any folder
    assert parse([run]) == Finetune(Path(run)) and parse([run]).tuning == SLF()
    assert parse(["acl-aff", run]) == Finetune(Path(run), TUNINGS["acl-aff"], "acl-aff")
    found = parse([run, "tuning:aff", "--tuning.rate", "0.3", "--tuning.norms", "dual", "--tuning.attack.steps", "3"])
    assert found == Finetune(Path(run), AFF(rate=0.3, norms="dual", attack=Nearby(steps=3, noise=0.001)))
    again = parse(["rocl-alf", run, "--tuning.batch", "9", "--robustness.radii", "8", "16", "--name", "mine"])
    assert again.tuning == replace(TUNINGS["rocl-alf"], batch=9) and again.robustness.radii == (8, 16)
    assert again.name == "mine" and parse([run, "tuning:alf", "tuning.fall:level"]).tuning != ALF()
    with pytest.raises(Refusal, match="acl-sfl is neither a run's folder nor a recipe; recipes are acl-slf, "):
        parse(["acl-sfl", run])
    with pytest.raises(ValueError, match="name becomes a part of a file's name, got '../x'"):
        Finetune(Path(run), name="../x")


def pretrained(data: Path, out: Path, method, attack) -> Path:
    """The folder of a run that was saved before it learned anything."""
    video = "video" in data.name
    recipe = RECIPES["simclr-moving" if video else "simclr-synthetic"]
    loader = replace(recipe.loader, shards=data / "train", side=8, batch=8)
    if video:
        loader = replace(loader, clip=replace(loader.clip, length=4))
    network = NarrowResNet3D(width=4) if video else NarrowResNet(width=4)
    run = replace(recipe, out=out, loader=loader, network=network, method=method, attack=attack, average=0.9)
    save_run(run)
    made = run.build(0)
    save_checkpoint(out / "checkpoints", 7, made, run.optimizer.build(made), {})
    return out


@pytest.mark.parametrize(
    ("medium", "method", "tuning"),
    [
        ("images", ACL(), AFF(norms="dual", epochs=1, batch=25, attack=Nearby(steps=1, noise=0.001))),
        pytest.param("videos", SimCLR(), ALF(epochs=1, batch=10, attack=Nearby(steps=1)), marks=pytest.mark.long),
    ],
)
def test_what_is_found_is_saved_with_the_classifier_that_was_measured(
    medium, method, tuning, request, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    data = request.getfixturevalue(medium)
    folder = pretrained(data, tmp_path / "run", method, PGD(steps=1) if method.attacked else Stillness())
    found = Finetune(folder, tuning, robustness=LIGHT)()
    name = type(tuning).__name__.lower()
    assert read_tuned(folder, found) == ([found], []) and found["name"] == name and found["step"] == 7
    assert found["chance"] == 12.5 and list(found["robustness"]["pgd"]) == ["0", "1", "8"]
    said = capsys.readouterr().out
    assert f"Fine-tuned · {name}: chance 12.50 %, clean {found['robustness']['pgd']['0']['accuracy']:.2f} %, ± " in said
    assert not list(folder.glob("*.part"))
    run, test = load_run(folder), Shards(data / "test")
    classifier = tuning.end(tuning.begin(learned(run)[0], run.method.measured_branch, 8)).eval()
    classifier.load_state_dict(load_file(folder / f"tuned-{name}.safetensors"))
    material = Material(run.loader, test, test, Chunked(folder / "again", Accelerator(cpu=True), Place()))
    again = LIGHT({"tuned": classifier}, torch.arange(len(test)).numpy(), material)["tuned"]
    assert again == found["robustness"]


def invented(name, radii=("0", "8")):
    points = {radius: {"accuracy": 50.0 - float(radius), "standard error": 1.5} for radius in radii}
    found = {"attacked": 10, "pgd": points, "noise": points}
    return {key: evaluation(1)[key] for key in ("step", "data")} | {"name": name, "chance": 12.5, "robustness": found}


def test_tables_hold_results_of_the_same_radii(tmp_path):
    first, second = tuned_tables([invented("slf"), invented("aff", ("0", "4", "8")), invented("alf")])
    assert list(first.rows) == ["slf", "alf"] and first.columns == ("chance", "clean", "±", "8/255", "±")
    assert first.lines()[0] == "Fine-tuned · slf: chance 12.50 %, clean 50.00 %, ± 1.50 %, 8/255 42.00 %, ± 1.50 %"
    assert list(second.rows) == ["aff"] and second.columns.count("±") == 3


def test_only_what_was_measured_as_the_evaluation_was_stands_in_a_report(tmp_path):
    assert tuned_section(tmp_path, evaluation(1)) == []
    other = evaluation(1)["data"] | {"test": {"fingerprint": "another"}}
    for found in (invented("slf"), invented("later") | {"step": 301}, invented("moved") | {"data": other}):
        (tmp_path / f"tuned-{found['name']}.json").write_text(json.dumps(found))
    (section,) = tuned_section(tmp_path, evaluation(1))
    assert list(section.tables[0].rows) == ["slf"] and "<td>42.00</td>" in section.tables[0].html()
    assert section.note.endswith("Left out, of another step or other test data: later, moved; tune again.")


@pytest.mark.long
def test_a_report_shows_what_was_fine_tuned(images, tmp_path):
    run = load_run(pretrained(images, tmp_path / "run", SimCLR(), Stillness()))
    (run.out / "metrics.jsonl").write_text(json.dumps({"step": 1, "loss": 1.0}) + "\n")
    found = evaluation(1)
    found["data"]["train"]["folder"] = str(images / "train")
    for shown in (False, True):
        write_run_report(run.out, run, found)
        page = (run.out / "report.html").read_text()
        assert ("What it becomes by fine-tuning" in page) == ("<td>dynacl-slf</td>" in page) == shown
        (run.out / "tuned-dynacl-slf.json").write_text(json.dumps(invented("dynacl-slf")))


def test_a_report_of_an_older_evaluation_stays_and_is_said_to(images, tmp_path, capsys):
    folder = pretrained(images, tmp_path / "run", SimCLR(), Stillness())
    (folder / "evaluation.json").write_text(json.dumps({"format": 1}))
    found = Finetune(folder, SLF(epochs=1, batch=25), robustness=replace(LIGHT, radii=(1.0,), attacked=2))()
    assert (folder / "tuned-slf.json").is_file() and found["step"] == 7
    assert "report.html does not show them: " in (said := capsys.readouterr().out) and "has format 1, not 2" in said


@pytest.mark.long
def test_the_command_as_it_is_typed(images, tmp_path):
    folder = pretrained(images, tmp_path / "run", ACL(), PGD(steps=1))
    words = ["dynacl-aff", folder, "--tuning.epochs", 1, "--tuning.batch", 25, "--robustness.attacked", 5]
    done = subprocess.run(
        [sys.executable, "training/finetune.py", *map(str, words)], cwd=ROOT, env=environment(), capture_output=True,
        text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Fine-tuned · dynacl-aff: chance 12.50 %" in done.stdout and "AFF: 100%" in done.stderr
    (found,) = (json.loads(file.read_text()) for file in folder.glob("tuned-*.json"))
    assert found["finetune"]["tuning"]["norms"] == "dual"
