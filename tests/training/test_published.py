"""Published figures: every one has a source and can be an accuracy; data sets are known by their classes."""

import json
import re

import numpy as np
import torch

from tests.training.invented import evaluation
from training.evaluated import Evaluated
from training.known_data import MARKS, known_as
from training.outcomes import Outcomes
from training.published import ANY, of_data, read_published
from training.reports.published import ours, published_section

SOURCE = re.compile(r"^([\w.-]+/[\w.-]+@[0-9a-f]{7,40}, README|arXiv \d{4}\.\d{4,5}(v\d)?, \w+)")
FIGURES = read_published()


def test_every_figure_has_a_source_and_is_a_share():
    assert len(FIGURES) > 150
    for figure in FIGURES:
        assert SOURCE.match(figure.source) and figure.sure in ("verbatim", "derived"), figure
        assert 0 < float(figure.value) < 100 and (not figure.spread or 0 < float(figure.spread) < 5), figure
        assert figure.method and figure.network and figure.protocol and figure.measure, figure
        assert figure.data in {*MARKS, ANY}, figure


def test_no_figure_is_there_twice():
    keys = [(one.method, one.data, one.protocol, one.measure, one.source) for one in FIGURES]
    assert len(keys) == len(set(keys))


def test_some_figures_as_their_sources_have_them():
    found = {(one.method, one.protocol, one.measure): one.value for one in of_data("cifar10")}
    assert found["ACL", "SLF", "AutoAttack 8/255"] == "39.17" and found["DynACL++", "ALF", "corruptions"] == "70.89"
    assert found["RoCL", "linear", "PGD-20 8/255"] == "40.27" and found["SimCLR", "linear", "clean"] == "93.6"
    patch = {one.measure: (one.value, one.spread) for one in of_data("imagenet100") if "8192, alpha 2" in one.method}
    assert patch["clean"] == ("79.54", "0.32") and patch["ImageNet-R"] == ("36.31", "0.37")
    assert of_data("") == of_data("none") == []


def test_data_are_known_by_their_classes():
    ten = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    assert known_as(ten) == known_as([name.capitalize() for name in ten]) == "cifar10"
    assert known_as(ten[:9]) == known_as([*ten[:9], "monkey"]) == known_as([]) == ""
    hundred = [*MARKS["imagenet100"][1], *(f"n{number:08}" for number in range(93))]
    assert known_as(hundred) == "imagenet100"


def measured(folder):
    """A run with cells as evaluations write them, each with another share of 100 samples right; fine-tuned twice."""
    cells = ("linear", "linear/shape", "knn/label", "pgd/0", "pgd/8", "fgsm/8", "auto-linf/8", "auto-l2/8", "fog/3")
    outcomes = Outcomes()
    for number, cell in enumerate(cells, start=50):
        outcomes.add(f"{cell}/trained", np.arange(100), torch.arange(100) < number)
        outcomes.add(f"{cell}/untrained", np.arange(100), torch.arange(100) < 10)
    numbers = evaluation(1) | {"corruptions": {"trained": {"mean": {"accuracy": 43.0}}}}
    tuned = {"finetune": {"robustness": {"attack_steps": 7}}, "data": numbers["data"], "step": numbers["step"]}
    for name, step in (("slf", tuned["step"]), ("aff", tuned["step"] - 1)):
        points = {"pgd": {"0": {"accuracy": 72.0}, "8": {"accuracy": 31.0}}}
        found = tuned | {"name": name, "step": step, "robustness": points}
        (folder / f"tuned-{name}.json").write_text(json.dumps(found))
    return Evaluated(folder, numbers, outcomes.cells)


def test_ours_stand_in_the_columns_of_the_published(tmp_path):
    run = measured(tmp_path)
    assert {(one.protocol, one.measure): one.value for one in ours("mine", [run])} == {
        ("linear", "clean"): "50.00", ("linear", "PGD-20 8/255"): "54.00", ("linear", "AutoAttack 8/255"): "56.00",
        ("linear", "corruptions"): "43.00", ("slf", "clean"): "72.00", ("slf", "PGD-7 8/255"): "31.00",
    }  # fmt: skip
    section = published_section(of_data("cifar10"), {"mine": [run]})
    (listing,) = section.listings
    mine = dict(zip(listing.columns, listing.rows[0], strict=True))
    assert [mine[name] for name in ("clean", "PGD-20 8/255", "AutoAttack 8/255", "corruptions")] == [
        "50.00", "54.00", "56.00", "43.00",
    ]  # fmt: skip
    assert section.note.endswith("left out, of another step or other test data: 1.")
