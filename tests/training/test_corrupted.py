"""Accuracy under corruptions on real files: whose answers are counted, and what is said of them."""

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch import nn

from pipelines.corruptions import EXTRA, STANDARD
from pipelines.decoders import Plain
from pipelines.loader import Loader, Place
from shards.order import permutation
from shards.read import Shards
from training.chunked import Chunked
from training.material import Material
from training.probes.split import SPLIT_SEED
from training.reports import corruptions as report
from training.robustness import corrupted
from training.robustness.alexnet import ERRORS
from training.robustness.corrupted import Corruptions

NONE = {"accuracy": 0.0, "standard error": 0.0}
EVERY = np.arange(50)
NET = nn.Sequential(nn.Flatten(), nn.LayerNorm(3 * 32 * 32), nn.Linear(3 * 32 * 32, 8))


def run(images, folder, together=128, side=32, **knobs):
    torch.manual_seed(0)
    shards, loader = Shards(images / "train"), Loader(images / "train", batch=8, side=side, decoder=Plain())
    material = Material(loader, shards, shards, Chunked(folder, Accelerator(cpu=True), Place()), together)
    knobs = {"severities": (1, 5), "samples": 12, **knobs}
    return Corruptions(**knobs)({"net": NET}, EVERY, material), material


def test_every_cell_is_what_the_corruption_itself_gives(images, tmp_path):
    (found, material), shards = run(images, tmp_path, 5, which="all"), Shards(images / "train")
    chosen = permutation(50, SPLIT_SEED, 0)[:12].copy()
    loader, labels = material.loader, torch.from_numpy(shards.labels()[chosen].astype(np.int64))
    clean = torch.cat([clips for _, clips in loader.sweep(shards, Place(), chosen)])
    pixels, shares = (255 * clean).round().to(torch.uint8), []
    for one in STANDARD + EXTRA:
        for severity in (1, 5):
            with torch.no_grad():
                right = NET(one(pixels, chosen, severity).float() / 255).argmax(1) == labels
            cell = material.outcomes.cells[f"{one.name}/{severity}/net"]
            assert cell.right.tolist() == right.tolist() and cell.samples.tolist() == chosen.tolist()
            shares += [100 * right.double().mean().item()]
            said = found["net"]["corruptions"][one.name][str(severity)]["accuracy"]
            assert said == pytest.approx(shares[-1])
    assert found["net"]["mean"]["accuracy"] == pytest.approx(np.mean(shares[: 2 * 15]))
    assert (found["net"]["samples"], found["net"]["settings"]) == (12, 30) and "mCE" not in found["net"]
    with torch.no_grad():
        right = (NET(clean).argmax(1) == labels).double().mean().item()
    assert found["net"]["clean"]["accuracy"] == pytest.approx(100 * right)


def test_of_imagenets_classes_errors_are_divided_by_alexnets(images, tmp_path, monkeypatch):
    monkeypatch.setattr(corrupted, "of_imagenet", lambda names: True)
    found, _ = run(images, tmp_path, severities=(1, 2, 3, 4, 5), samples=4)
    cells = found["net"]["corruptions"]
    errors = {name: 1 - np.mean([cell["accuracy"] for cell in cells[name].values()]) / 100 for name in ERRORS}
    assert found["net"]["mCE"] == pytest.approx(100 * np.mean([errors[name] / ERRORS[name] for name in ERRORS]))
    assert list(cells) == list(ERRORS)


def test_what_cannot_be_made_is_left_out_and_said(images, tmp_path, monkeypatch, capsys):
    assert run(images, tmp_path, which="none")[0] == {} == run(images, tmp_path, side=12)[0]
    assert "made for at least 32 pixels, and clips have 12" in capsys.readouterr().out
    monkeypatch.setattr(corrupted, "installed", lambda: False)
    found, _ = run(images, tmp_path, samples=2)
    assert found["net"]["settings"] == 28 and "frost" not in found["net"]["corruptions"]
    assert 'frost left out; to have all: pip install "antipodal[corruptions]"' in capsys.readouterr().out


def test_knobs_that_make_no_sense_are_refused():
    for knobs in ({"severities": (0, 1)}, {"severities": (2, 2)}, {"severities": ()}, {"samples": -1}):
        with pytest.raises(ValueError, match="severit"):
            Corruptions(**knobs)


def test_the_report_shows_every_cell_of_one_run_and_of_several(images, tmp_path):
    found, _ = run(images, tmp_path, samples=6)
    one = {"chance": {"label": 12.5}, "corruptions": found}
    section = report.section({"": [one]})
    summary, each = section.tables
    assert summary.columns == ("clean", "mean of 30 settings") and len(each.rows) == 15
    assert summary.rows["net"][1] == [found["net"]["mean"]["accuracy"]]
    cells = found["net"]["corruptions"]["fog"]
    assert each.rows["fog"] == [[(cells["1"]["accuracy"] + cells["5"]["accuracy"]) / 2]]
    severities, maps = section.plots
    assert severities.data.columns == ("clean", "1", "5")
    assert maps.data.rows["net, fog"] == [[cells["1"]["accuracy"]], [cells["5"]["accuracy"]]]
    more = {"net": found["net"] | {"corruptions": found["net"]["corruptions"] | {"saturate": {"1": NONE, "5": NONE}}}}
    (same, _) = report.section({"": [one | {"corruptions": more}]}).plots
    assert same.data.rows == severities.data.rows  # as the mean, they count the standard ones only
    several = report.section({"a": [one, one], "b": [one, one]})
    assert list(several.tables[0].rows) == ["a, net", "b, net"] and len(several.tables[0].rows["a, net"][0]) == 2
