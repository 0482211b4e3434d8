"""What is exported is the encoder that is measured, and the lines on its card load it where there is no antipodal."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from shards.refusal import Refusal
from tests.training.runs import TRAINED, finished
from training.attacks import PGD
from training.checkpoints import save_checkpoint
from training.encoders import NarrowResNet, NarrowResNet3D, Normalise, Timm, Video
from training.exports.exporting import export_encoder
from training.exports.paths import short_command
from training.exports.plain import clips_for, features
from training.methods import ACL, DeACL, Supervised
from training.recipes import DEFAULT, RECIPES
from training.run import load_run
from training.trained import learned, trained, untrained
from training.weights.origin import save_origin

STRANGE = Normalise((0.1, 0.2, 0.3), (0.5, 1.0, 2.0))
NARROW = NarrowResNet(width=4)
CASES = {  # small networks of every kind, and what changes their norms
    "narrow": dict(network=NarrowResNet(width=4, blocks=2, stride=2), normalise=STRANGE),
    "averaged": dict(network=NARROW, average=0.9),
    "attacked branch": dict(network=NARROW, method=ACL(), attack=PGD(steps=1)),
    "narrow 3-D, group norm": dict(network=NarrowResNet3D(width=4), length=4, normalise=STRANGE, norm="group"),
    "timm, synchronised": dict(network=Timm("test_efficientnet"), side=32, norm="synchronised"),
}
LARGE = {
    "narrow, zero init, group norm": dict(network=NarrowResNet(width=16), norm="group"),
    "narrow 3-D": dict(network=NarrowResNet3D(width=4), length=4),
    "timm, group norm": dict(network=Timm("test_efficientnet"), side=32, norm="group"),
    "timm, transformer": dict(network=Timm("test_vit"), side=160),
    "small stem": dict(network=Timm("resnet18", small_stem=True), side=32),
    "resnet18": dict(network=Timm("resnet18"), side=64),
    "resnet18, group norm": dict(network=Timm("resnet18"), side=64, norm="group"),
    "r3d_18": dict(network=Video("r3d_18"), length=4, side=32, normalise=STRANGE),
    "r3d_18, group norm": dict(network=Video("r3d_18"), length=4, side=32, norm="group"),
    "s3d": dict(network=Video("s3d"), length=14, side=224),
    "swin3d_t": dict(network=Video("swin3d_t"), length=4, side=32),
    "mvit_v2_s": dict(network=Video("mvit_v2_s"), length=16, side=224),
}
FRESH = """
import os, sys, torch
from safetensors.torch import load_file
for room in ("shards", "pipelines", "training", "tools"):
    sys.modules[room] = None  # nothing of antipodal can be imported
torch.set_default_dtype(torch.double)  # so that what differs is not rounding
for folder in sys.argv[1:]:
    os.chdir(folder)
    given = load_file("asked.safetensors")
    scope = {"pixels": given["pixels"]}
    with torch.no_grad():
        exec(open("lines.py").read(), scope)
    apart = (scope["features"] - given["features"]).abs().max() / given["features"].abs().max()
    print(float(apart), folder)
"""


def lines_of(card: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", card, re.DOTALL)


def exported(folder: Path, **case) -> Path:
    """An export, with pixels and the features that the run's own encoder makes of them in doubles beside it."""
    run = finished(folder / "run", **case)
    out = folder / "out"
    export_encoder(run, out)
    encoder, clips = trained(run)[0].double(), clips_for(run).double()
    wanted, begun = features(encoder, clips), features(untrained(run).double(), clips)
    assert not torch.allclose(wanted, begun, rtol=1e-3)
    pixels = clips.transpose(1, 2) if encoder.sees_time else clips[:, 0]
    save_file({"pixels": pixels.contiguous(), "features": wanted.contiguous()}, out / "asked.safetensors")
    (out / "lines.py").write_text("\n".join(lines_of((out / "README.md").read_text())))
    return out


def loads_elsewhere(folders: list[Path]) -> None:
    """In a fresh Python, in no folder of ours: features within a millionth of the largest."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", FRESH, *folders], capture_output=True, text=True, timeout=300, cwd=folders[0]
    )
    assert done.returncode == 0, done.stderr[-3000:]
    apart = [line.split(" ", 1) for line in done.stdout.splitlines()]
    assert [folder for _, folder in apart] == [*map(str, folders)]
    assert max(float(found) for found, _ in apart) <= 1e-6, done.stdout


def test_the_lines_of_the_card_load_every_small_network(tmp_path):
    loads_elsewhere([exported(tmp_path / str(n), **case) for n, case in enumerate(CASES.values())])


@pytest.mark.long
@pytest.mark.parametrize("case", LARGE)
def test_the_lines_of_the_card_load(tmp_path, case):
    loads_elsewhere([exported(tmp_path, **LARGE[case])])


def test_a_plain_network_takes_three_lines(tmp_path):
    (first, _) = lines_of((exported(tmp_path, **CASES["timm, synchronised"]) / "README.md").read_text())
    assert first.split("\n\n")[1].splitlines() == [
        'network = timm.create_model("test_efficientnet", num_classes=0)',
        'network.load_state_dict(load_file("encoder.safetensors"))',
        "network.eval()",
    ]


def test_what_is_exported_is_what_is_measured(tmp_path):
    """The averaged copy, and the batch norms of attacked views: not the encoder that learns, not the clean ones."""
    for number, case in enumerate(("averaged", "attacked branch")):
        run = finished(tmp_path / str(number), **CASES[case])
        export_encoder(run, tmp_path / f"out {number}")
        found = load_file(tmp_path / f"out {number}" / "encoder.safetensors")
        wanted = trained(run)[0].network.state_dict()
        assert found.keys() == wanted.keys() == NARROW.build().network.state_dict().keys()
        assert all(torch.equal(found[name], wanted[name]) for name in wanted)
    acl, _ = learned(run)
    clean = {name: t for name, t in acl.network.state_dict().items() if name.endswith("bn1.clean.running_mean")}
    assert clean and all(not torch.equal(t, found[name.replace(".clean", "")]) for name, t in clean.items())


def test_facts_are_told_and_paths_are_not(tmp_path):
    out = exported(tmp_path, network=NARROW, normalise=STRANGE)
    facts, card = json.loads((out / "config.json").read_text()), (out / "README.md").read_text()
    assert facts["architecture"] == {"type": "NarrowResNet", "width": 4, "blocks": 1, "stride": 1, "zero_init": True}
    assert (facts["mean"], facts["std"], facts["step"]) == ([0.1, 0.2, 0.3], [0.5, 1.0, 2.0], TRAINED)
    assert (facts["width"], facts["side"], facts["input"]) == (32, 16, "b c h w")
    assert facts["data"] == {"folders": ["synthetic/train"], "fingerprint": 64 * "a"}
    assert str(tmp_path) not in card and "Not evaluated" in card and "LICENCE TO BE FILLED IN" in card
    assert f"SimCLR without labels on synthetic/train (fingerprint aaaaaaaaaaaa), step {TRAINED} of 500" in card


@pytest.mark.parametrize(
    ("step", "origin", "said"),
    [
        (3, False, "It was trained on the data named above and knows what these show."),
        (3, True, "It was trained on the data named above, after others that are not known here, and knows what these"),
        (0, True, "What it was trained on is not known here."),
        (0, False, "It was not trained at all."),
    ],
)
def test_the_card_says_what_is_true_of_supervised_and_adopted_weights(tmp_path, step, origin, said):
    run = replace(RECIPES[DEFAULT], network=NARROW, method=Supervised(classes=10), out=tmp_path / "run")
    method = run.build(0)
    save_checkpoint(run.out / "checkpoints", step, method, run.optimizer.build(method), {"shards": 64 * "a"})
    if origin:
        save_origin(run.out, {"file": "w.pth", "sha256": 64 * "d", "layout": "plain"})
    export_encoder(run, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert said in card and "by contrast" not in card and ("trained by antipodal. It gives" in card) == (step > 0)


@pytest.mark.parametrize("given", ["/home/me/data/train", "/home/me/deep/down/data/train"])
def test_no_path_of_this_machine_is_handed_on(tmp_path, monkeypatch, given):
    secret, out = tmp_path / "somebody" / "at home", tmp_path / "out"
    monkeypatch.setattr(sys, "argv", [str(secret / "export.py"), str(secret / "my run"), f"--out={secret / 'out'}"])
    method = DeACL(teacher=secret / "runs" / "teacher")
    run = finished(secret / "my run", NARROW, method=method, attack=PGD(steps=1))
    run = replace(run, loader=replace(run.loader, shards=(Path(given), secret / "data" / "train")))
    command = f"evaluate.py '{secret / 'runs' / 'it'}' --train {given} --k 5"
    evaluation = EVALUATION | {"provenance": EVALUATION["provenance"] | {"command": command}}
    (run.out / "evaluation.json").write_text(json.dumps(evaluation))
    export_encoder(run, out)
    facts, card = json.loads((out / "config.json").read_text()), (out / "README.md").read_text()
    assert "somebody" not in json.dumps(facts) + card and "/home" not in json.dumps(facts) + card
    assert facts["provenance"]["command"] == "export.py 'at home/my run' '--out=at home/out'"
    assert facts["recipe"]["method"]["teacher"] == "runs/teacher" and facts["recipe"]["out"] == "at home/my run"
    assert facts["recipe"]["loader"]["shards"] == facts["data"]["folders"] == ["data/train", "data/train"]
    assert "By `evaluate.py runs/it --train data/train --k 5` at commit" in card


def test_words_of_a_command_that_are_no_paths_stay():
    said = "evaluate.py runs/mine --norm=batch --a 1/2 network:timm ../../else/where/x /x 'a b' --o=/p=q/r/s"
    assert short_command(said) == ("evaluate.py runs/mine --norm=batch --a 1/2 network:timm where/x x 'a b' --o=r/s")


EVALUATION = {
    "format": 2,
    "step": TRAINED,
    "data": {
        "train": {"samples": 50, "fingerprint": 64 * "b"}, "test": {"samples": 10, "fingerprint": 64 * "c"},
        "validation": {"samples": 5},
    },
    "provenance": {
        "command": "evaluate.py run", "commit": "abc", "time": "now", "device": "cpu", "versions": {"torch": "2"},
    },
    "chance": {"label": 10.0},
    "knn": {"raw pixels": {}, **{
        name: {"label": {"accuracy": value, "standard error": 1.5, "k": 5}}
        for name, value in (("untrained", 20.0), ("trained", 30.0))
    }},
    "robustness": {"untrained": {}, "trained": {"pgd": {"0.25": {"accuracy": 12.345, "standard error": 0.678}}}},
}  # fmt: skip


def test_figures_stand_on_the_card_with_their_errors_and_origin(tmp_path):
    run = finished(tmp_path / "run", NARROW)
    for changed, said in (
        ({}, "| knn, label | 20.00 ± 1.50 | 30.00 ± 1.50 |\n| robustness, pgd, 0.25 | – | 12.35 ± 0.68 |"),
        ({}, "test data 10 samples, fingerprint cccccccccccc. By `evaluate.py run` at commit abc, now, cpu, torch 2"),
        ({"step": 3}, "Evaluated at step 3, not at this one"),
        ({"format": 1}, "Evaluated by another version of the code"),
    ):
        (run.out / "evaluation.json").write_text(json.dumps(EVALUATION | changed))
        export_encoder(run, tmp_path / "out")
        assert said in (tmp_path / "out" / "README.md").read_text()


def test_a_run_is_not_overwritten_and_one_without_checkpoint_is_refused(tmp_path):
    run = finished(tmp_path / "run", NARROW)
    with pytest.raises(Refusal, match="is the run's own folder; name another one"):
        export_encoder(run, run.out)
    with pytest.raises(Refusal, match="no intact checkpoint"):
        export_encoder(replace(run, out=tmp_path / "nowhere"), tmp_path / "out")
    assert load_run(run.out) == run and not (tmp_path / "out").exists()
