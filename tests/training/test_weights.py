"""Weights from elsewhere: every layout gives the features of the network that wrote it; no file is executed."""

import json
import pickle
import re
import struct
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

from shards.refusal import Refusal
from tests.training.runs import finished, stir
from training.encoders import NarrowResNet, Normalise, Timm
from training.encoders.encoder import MEAN, STD
from training.evaluated import Evaluated
from training.exports.exporting import export_encoder
from training.exports.plain import clips_for, features
from training.groups import groups
from training.recipes import DEFAULT, RECIPES
from training.reports.of_run import summary
from training.run import load_run
from training.sealed import fingerprint
from training.trained import trained
from training.weights.adopting import Adopt
from training.weights.layouts import counted, lay_out
from training.weights.origin import origin_of, said
from training.weights.reading import read_weights

NAME = "test_resnet"


def original(**options) -> torch.nn.Module:
    network = timm.create_model(NAME, **options).eval()
    stir(network)
    return network


def others(state: dict) -> dict:
    """The tensors of a second encoder, of other values."""
    return {name: tensor + 1 for name, tensor in state.items()}


def under(prefix: str, state: dict) -> dict:
    return {prefix + name: tensor for name, tensor in state.items()}


HEAD = {"fc.0.weight": torch.ones(8, 8), "fc.2.bias": torch.ones(8)}
LAYOUTS = {  # of a network's state dict without head: what official code saves, and what is left out
    "timm": lambda s, full: (full, "plain", ["fc.bias", "fc.weight"]),
    "without counts": lambda s, full: (
        {name: t for name, t in s.items() if not name.endswith("num_batches_tracked")}, "plain", []
    ),
    "in half precision": lambda s, full: ({name: t.half() if t.is_floating_point() else t for name, t in s.items()},
                                          "plain", []),
    "simclr converted": lambda s, full: ({"state_dict": full}, "plain", ["fc.bias", "fc.weight"]),
    "moco": lambda s, full: (
        {"epoch": 200, "arch": "resnet", "optimizer": {"state": {}}, "state_dict": {
            **under("module.encoder_k.", others(s)), **under("module.encoder_q.", s | HEAD),
            "module.queue": torch.ones(8, 9)}},
        "MoCo (encoder_q)",
        [*(f"module.encoder_k.{name}" for name in s), *(f"module.encoder_q.{name}" for name in HEAD), "module.queue"],
    ),
    "moco v3": lambda s, full: (
        {"state_dict": {**under("module.momentum_encoder.", others(s)), **under("module.base_encoder.", s | HEAD)}},
        "MoCo v3", [*(f"module.momentum_encoder.{name}" for name in s), *(f"module.base_encoder.{n}" for n in HEAD)],
    ),
    "solo-learn": lambda s, full: (
        {"state_dict": {**under("backbone.", s), **under("momentum_backbone.", others(s)),
                        "projector.0.bias": torch.ones(3)}},
        "backbone", [*(f"momentum_backbone.{name}" for name in s), "projector.0.bias"],
    ),
    "SupContrast": lambda s, full: (
        {"model": {**under("encoder.module.", {n.replace("downsample", "shortcut"): t for n, t in s.items()}),
                   "head.0.weight": torch.ones(3)}, "epoch": 3},
        "encoder", ["head.0.weight"],
    ),
}  # fmt: skip


def adopting(tmp_path: Path, shards: Path, saved: object, **options) -> Adopt:
    file = tmp_path / "theirs.pth"
    torch.save(saved, file)
    return adopt(file, tmp_path, shards, **options)


def adopt(file: Path, tmp_path: Path, shards: Path, **options) -> Adopt:
    loader = replace(RECIPES[DEFAULT].loader, shards=shards / "train", side=32)
    return Adopt(file, loader, tmp_path / "adopted", **{"network": Timm(NAME), **options})


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_features_of_its_network(tmp_path, images, layout):
    network = original()
    full = network.state_dict()
    network.reset_classifier(0)
    saved, name, left_out = LAYOUTS[layout](network.state_dict(), full)
    adopted = adopting(tmp_path, images, saved)
    lines = adopted()
    run = load_run(adopted.out)
    encoder, step = trained(run)
    clips = clips_for(run)
    if layout == "in half precision":
        network.half().float()
    with torch.no_grad():
        wanted = network((clips[:, 0] - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1))
    assert step == 0 and torch.allclose(features(encoder, clips), wanted, atol=1e-6 * float(wanted.abs().max()))
    origin = origin_of(run.out)["origin"]
    assert origin["layout"].startswith(name) and sorted(origin["left out"]) == sorted(left_out)
    assert origin["file"] == "theirs.pth" and len(origin["sha256"]) == 64 and origin["layout"] in lines[0]


def test_pixels_are_normalised_as_was_said(tmp_path, images):
    network = original(num_classes=0)
    adopted = adopting(tmp_path, images, network.state_dict(), mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    assert "mean 0 0 0 and std 1 1 1" in adopted()[1]
    run = load_run(adopted.out)
    encoder, clips = trained(run)[0], clips_for(run)
    with torch.no_grad():
        wanted = network(clips[:, 0])
    assert torch.allclose(features(encoder, clips), wanted, atol=1e-6 * float(wanted.abs().max()))
    other = replace(run, normalise=Normalise()).build(0).encoder
    other.load_state_dict(encoder.state_dict())
    assert fingerprint(other) != fingerprint(encoder)  # by which evaluations know their chunks


def test_an_export_comes_back_with_its_normalisation(tmp_path, images):
    strange = Normalise((0.1, 0.2, 0.3), (0.5, 1.0, 2.0))
    for norm in ("batch", "group"):
        network = NarrowResNet(width=16, stride=2)
        run = finished(tmp_path / norm / "run", network, normalise=strange, norm=norm)
        export_encoder(run, tmp_path / norm / "out")
        file = tmp_path / norm / "out" / "encoder.safetensors"
        adopted = adopt(file, tmp_path / norm, images, network=network, norm=norm)
        adopted()
        assert load_run(adopted.out).normalise == strange
        assert origin_of(adopted.out)["origin"]["layout"] == "an export of antipodal"
        (one, _), (other, _), clips = trained(run), trained(load_run(adopted.out)), clips_for(run)
        assert torch.equal(features(one, clips), features(other, clips))


def test_an_adopted_run_exports_again_and_says_whose_weights_they_are(tmp_path, images):
    adopted = adopting(tmp_path, images, original(num_classes=0).state_dict())
    adopted()
    export_encoder(load_run(adopted.out), tmp_path / "out")
    card, facts = ((tmp_path / "out" / name).read_text() for name in ("README.md", "config.json"))
    assert f"Not trained by antipodal: {said(json.loads(facts)['origin'])}." in card
    with pytest.raises(Refusal, match="holds a run already; choose another --out"):
        adopted()


def reported(step: int, sha256: str = 64 * "d", run: str = "x") -> dict:
    data = {split: {"samples": 3, "fingerprint": "f"} for split in ("train", "test")} | {"kind": "image"}
    recipe = {"method": {"type": "SimCLR"}, "network": {"type": "Timm"}, "loader": {"batch": 4}, "steps": 9, "seed": 0}
    origin = {"file": "w.pth", "sha256": sha256, "layout": "plain"}
    return {"step": step, "run": run, "recipe": recipe, "data": data, "origin": origin}


def test_a_report_names_the_weights_in_the_place_of_the_method():
    assert summary(reported(0)) == (
        "Timm with weights from w.pth (SHA-256 dddddddddddd), layout plain; 3 training and 3 test images."
    )
    assert summary(reported(4)).startswith("SimCLR on Timm") and "It began with weights from w.pth" in summary(
        reported(4)
    )


def test_other_weights_are_no_other_seed():
    one, other, same = (
        Evaluated(Path(), reported(0, sha, run), {}) for sha, run in ((64 * "d", "a"), ("e", "b"), (64 * "d", "c"))
    )
    assert len(groups([one, other])) == 2 and len(groups([one, same])) == 1


def refusal(change) -> str:
    """What is said of a state dict after a change."""
    state = original(num_classes=0).state_dict()
    wanted = dict(state)
    with pytest.raises(Refusal) as refused:
        lay_out(change(state), wanted)
    return str(refused.value)


def test_what_does_not_fit_is_named_and_counted():
    state = original(num_classes=0).state_dict()
    layer = [name for name in state if name.startswith("layer4") and not name.endswith("tracked")]
    assert refusal(lambda s: {name: t for name, t in s.items() if name not in layer}).startswith(
        f"tensors that the file does not have ({len(layer)}): {layer[0]}; {layer[1]}; "
    )
    assert refusal(lambda s: s | {"layer1.9.bn1.weight": torch.ones(2)}).startswith(
        "tensors that the network does not have (1): layer1.9.bn1.weight; choose the network"
    )
    assert "layer1.0.bn1.bias (3,) where the network has" in refusal(lambda s: s | {"layer1.0.bn1.bias": torch.ones(3)})
    nan = {"layer1.0.bn1.bias": torch.full_like(state["layer1.0.bn1.bias"], torch.nan)}
    assert "not all finite numbers (1): layer1.0.bn1.bias" in refusal(lambda s: s | nan)
    assert "of another shape or kind (1)" in refusal(
        lambda s: s | {"layer1.0.bn1.bias": s["layer1.0.bn1.bias"].to("meta")}
    )
    assert "names begin with a, b and are none" in refusal(lambda s: {"a.x": torch.ones(1), "b": torch.ones(1)})
    assert "one name but for 'module.'" in refusal(lambda s: s | {"module.conv1.0.weight": s["conv1.0.weight"]})


def test_a_stem_for_large_pictures_does_not_fit_a_small_one(tmp_path, images):
    state = timm.create_model("resnet18", num_classes=0).state_dict()
    small = adopting(tmp_path, images, state, network=Timm("resnet18", small_stem=True))
    with pytest.raises(
        Refusal, match=re.escape("conv1.weight (64, 3, 7, 7) where the network has (64, 3, 3, 3); leave")
    ):
        small()
    assert not small.out.exists()


def test_left_out_names_are_counted_by_module():
    assert counted(("module.encoder_q.fc.0.weight", "module.encoder_q.fc.0.bias", "queue")) == (
        "encoder_q.fc (2), queue (1)"
    )
    assert counted(()) == "none"


class Bomb:
    def __init__(self, file: Path):
        self._file = file

    def __reduce__(self):
        return Path.touch, (self._file,)


@pytest.mark.parametrize("how", ["zip", "legacy", "pickle"])
def test_a_file_that_would_run_is_refused_and_does_not(tmp_path, how):
    file, state = tmp_path / "bomb.pth", {"state_dict": {"conv1.weight": torch.ones(1)}, "opt": Bomb(tmp_path / "ran")}
    if how == "pickle":
        file.write_bytes(pickle.dumps(state["opt"]))
    else:
        torch.save(state, file, _use_new_zipfile_serialization=how == "zip")
    with pytest.raises(Refusal, match="bomb.pth (holds more than tensors|is neither safetensors nor)") as refused:
        read_weights(file)
    assert not (tmp_path / "ran").exists() and str(refused.value).isprintable()
    with suppress(pickle.UnpicklingError, RuntimeError):
        torch.load(file, weights_only=False)
    assert (tmp_path / "ran").exists(), "the trap is one"


def test_both_of_torchs_formats_are_read(tmp_path):
    state = original(num_classes=0).state_dict()
    for zipped in (True, False):
        torch.save({"state_dict": state, "epoch": 3}, tmp_path / "w", _use_new_zipfile_serialization=zipped)
        found = read_weights(tmp_path / "w").tensors
        assert found.keys() == state.keys() and all(torch.equal(found[name], state[name]) for name in state)


HOSTILE = {
    "no JSON": "{",
    "no dictionary": "[1]",
    "no type": "{}",
    "another class": '{"type": "Timm"}',
    "nothing for a colour": '{"type": "Normalise", "mean": [null, 0, 0]}',
    "four colours": '{"type": "Normalise", "mean": [0, 0, 0, 0]}',
    "two colours": '{"type": "Normalise", "mean": [0, 0]}',
    "no number": '{"type": "Normalise", "std": [NaN, 1, 1]}',
    "endless": '{"type": "Normalise", "std": [1e999, 1, 1]}',
    "too large": '{"type": "Normalise", "mean": [1%s, 1, 1]}' % ("0" * 400),
    "too deep": "[" * 100_000,
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_a_file_says_of_itself_is_not_believed(tmp_path, images, hostile):
    file = tmp_path / "theirs.safetensors"
    save_file(original(num_classes=0).state_dict(), file, {"normalise": HOSTILE[hostile]})
    with pytest.raises(Refusal, match="theirs.safetensors says how pixels .* say it by --mean and --std") as refused:
        adopt(file, tmp_path, images)()
    assert len(str(refused.value)) < 400 and not (tmp_path / "adopted").exists()


def test_what_is_said_by_hand_needs_nothing_of_the_file(tmp_path, images):
    file = tmp_path / "theirs.safetensors"
    save_file(original(num_classes=0).state_dict(), file, {"normalise": "{"})
    adopted = adopt(file, tmp_path, images, mean=(0.1, 0.2, 0.3), std=(1.0, 1.0, 2.0))
    adopted()
    assert load_run(adopted.out).normalise == Normalise((0.1, 0.2, 0.3), (1.0, 1.0, 2.0))


DAMAGE = {
    "cut": lambda b: b[: len(b) // 2],
    "a header of gigabytes": lambda b: struct.pack("<Q", 2**40) + b[8:],
    "nothing": lambda b: b"",
    "HTML": lambda b: b"<!DOCTYPE html><html>404 Not Found</html>",
}
OF_SAFETENSORS = {
    "no JSON": lambda b: b[:9] + b"x" + b[10:],
    "offsets beyond the end": lambda b: b.replace(b'"data_offsets":[0,', b'"data_offsets":[9,'),
}
DAMAGES = [
    *((kind, name, damage) for kind in ("safetensors", "torch") for name, damage in DAMAGE.items()),
    *(("safetensors", name, damage) for name, damage in OF_SAFETENSORS.items()),
]


@pytest.mark.parametrize(("kind", "damage"), [(kind, damage) for kind, _, damage in DAMAGES],
                         ids=[f"{kind}, {name}" for kind, name, _ in DAMAGES])  # fmt: skip
def test_damaged_files_are_refused(tmp_path, kind, damage):
    file, state = tmp_path / "weights", {"conv1.weight": torch.arange(100.0)}
    torch.save(state, file) if kind == "torch" else save_file(state, file)
    content = file.read_bytes()
    file.write_bytes(damage(content))
    assert file.read_bytes() != content
    with pytest.raises(Refusal, match="weights is (no sound safetensors file|neither safetensors nor)"):
        read_weights(file)


def test_what_holds_no_tensors_is_refused(tmp_path):
    for saved in ([torch.ones(1)], {"state_dict": {"a": 1}}, {"a": "b"}, torch.ones(3)):
        torch.save(saved, tmp_path / "w")
        with pytest.raises(Refusal, match="holds no tensors by name"):
            read_weights(tmp_path / "w")
    save_file({"a\x1b[2J": torch.ones(1)}, tmp_path / "w")
    with pytest.raises(Refusal, match="names of tensors that cannot be printed"):
        read_weights(tmp_path / "w")
    for missing in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(Refusal, match="is no file; name one that holds weights"):
            read_weights(missing)
    assert load_file(tmp_path / "w")
