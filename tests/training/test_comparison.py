"""Recipes side by side: which runs belong together, what stands in one table, what is refused."""

import csv
import json
import math
import re
import statistics

import pytest

from shards.refusal import Refusal
from tests.training.invented import evaluated, evaluation
from training.comparison import Comparison
from training.evaluated import Evaluated, check_comparable, read_evaluated
from training.groups import groups, numbers_of, plain
from training.recipes import RECIPES
from training.reports import attack
from training.reports.published import epochs_said, published_section
from training.reports.writing import tables_of
from training.values import as_json, describe

CLAE, LABELS = {"attack": {"type": "CLAE"}}, {"method": {"type": "Supervised"}}


def named_as(run, seed, **recipe):
    return Evaluated(None, evaluation(seed, **recipe) | {"run": run}, {})


def runs():
    plain = [named_as(f"moco-{seed}", seed) for seed in (0, 1)]
    robust = [named_as(f"robust-{seed}", seed + 10, **CLAE) for seed in (0, 1)]
    return [plain[1], robust[0], robust[1], plain[0]]


def test_runs_are_grouped_by_recipe_whatever_their_seed_and_order():
    named = numbers_of(groups(runs()))
    assert {name: [one["run"] for one in found] for name, found in named.items()} == {
        "moco": ["moco-0", "moco-1"],
        "robust": ["robust-0", "robust-1"],
    }


def test_groups_whose_folders_have_nothing_in_common_are_numbered():
    some = [named_as("a", 0), named_as("b", 1), named_as("c", 2, steps=9)]
    assert list(groups(some)) == ["recipe 1", "c"]


def test_another_split_makes_another_group_and_another_folder_of_it_does_not():
    one, other = named_as("a", 0), named_as("a", 1, loader={"batch": 8, "shards": "elsewhere"})
    assert len(groups([one, other])) == 1
    other.numbers["data"]["test"] = other.numbers["data"]["test"] | {"fingerprint": "another"}
    assert len(groups([one, other])) == 2


def test_a_recipe_is_one_to_a_comparison_and_to_a_resumption():
    """Whatever may change when a run resumes leaves its group, and what may not does not, but for the seed."""
    recipe = describe(RECIPES["simclr-cifar10"])
    loader, numbers = recipe["loader"], evaluation(0)
    for changed, same in (
        ({"loader": loader | {"views": loader["views"] | {"by": "kornia"}}}, True),
        ({"log_every": 7, "seed": 3}, True),
        ({"loader": loader | {"views": loader["views"] | {"blur": None}}}, False),
        ({"loader": loader | {"batch": 9}}, False),
    ):
        recipes = recipe, recipe | changed
        found = groups(
            [
                Evaluated(None, numbers | {"run": name, "recipe": one}, {})
                for name, one in zip("ab", recipes, strict=True)
            ]
        )
        assert (len(found) == 1) == same


def test_plain_contrast_is_known():
    recipe = describe(RECIPES["simclr-cifar10"])
    assert plain(recipe) and plain(evaluation(0)["recipe"])
    assert not plain(recipe | {"attack": {"type": "CLAE"}}) and not plain(recipe | {"method": {"type": "MoCo"}})
    assert not plain(recipe | {"loader": recipe["loader"] | {"negatives": {"type": "Patches"}}})


def test_tables_hold_every_group_and_what_they_share_once():
    tables = {table.title: table for table in tables_of(numbers_of(groups(runs())))}
    assert list(tables["kNN"].rows) == [
        "chance", "raw pixels", "moco, untrained", "moco, trained", "robust, untrained", "robust, trained",
    ]  # fmt: skip
    assert tables["linear probe"].rows["moco, trained"] == [[60.0, 59.0]]
    assert tables["linear probe"].rows["robust, trained"] == [[50.0, 49.0]]


def test_one_group_keeps_its_rows_unnamed():
    (table, *_) = tables_of(numbers_of(groups([named_as("run-0", 0), named_as("run-1", 1)])))
    assert list(table.rows) == ["chance", "raw pixels", "untrained", "trained"]


@pytest.mark.parametrize("name", ["moco", "robust"])
def test_the_plot_has_a_line_for_each_group(name):
    (plot,) = attack.section(numbers_of(groups(runs()))).plots
    (axis,) = plot.figure.axes
    drawn = {line.get_label(): line.get_ydata() for line in axis.lines}
    seeds = (0, 1) if name == "moco" else (10, 11)
    assert drawn[f"{name}, trained, PGD"][0] == pytest.approx(40 + sum(seeds) / 2)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """A report on plain, attacked and supervised runs."""
    folder = tmp_path_factory.mktemp("runs")
    some = [evaluated(folder / "plain", seed, 0.4) for seed in (0, 1)]
    some += [evaluated(folder / "clae", seed, 0.6, **CLAE) for seed in (0, 1)]
    some += [evaluated(folder / "labels", 0, 0.9, **LABELS)]
    Comparison()(folder / "out", some)
    return folder / "out"


def test_the_page_loads_nothing_and_shows_all(compared):
    page = (compared / "report.html").read_text()
    assert not re.search(r"(src|href)=\"(?!data:|#)|url[(]|@import|<link|<script", page) and "$" not in page
    assert page.count("data:image/png;base64,") == 2 and "59.50 ± 0.71" in page
    for title in ("at-a-glance", "how-they-differ-from-run", "what-others-have-published", "how-it-was-measured"):
        assert f'href="#{title}"' in page and f'id="{title}"' in page
    assert "39.17" in page and "these are no repetitions" in page and "GodXuxilie/RobustSSL_Benchmark@1d6b3e5" in page
    said = (compared / "report.md").read_text()
    assert "![L∞: PGD drawn through" in said and "| ACL | SLF | 78.22 | 39.17 | 70.72 |" in said


def test_the_numbers_are_those_of_the_outcomes(compared):
    content = json.loads((compared / "comparison.json").read_text())
    assert content["reference"] == "run" and content["supervised"] == "run-0"
    linear = {name: [read_evaluated(compared.parent / name / f"run-{seed}").outcomes["linear/trained"].right.mean()
                     for seed in (0, 1)] for name in ("plain", "clae")}  # fmt: skip
    found = content["differences"]["recipe 2"]["linear/trained"]
    assert found["difference"] == pytest.approx(
        100 * statistics.mean(linear["clae"]) - 100 * statistics.mean(linear["plain"])
    )
    assert found["low"] < found["difference"] < found["high"] and found["samples"] == 100
    assert list(content["gap closed"]) == ["recipe 2"]
    assert list(content["gap closed"]["recipe 2"]["attacks"]["cells"]) == ["pgd/0.25/trained", "pgd/2/trained"]


def test_of_adopted_weights_nobody_knows_the_epochs(tmp_path):
    one, other, mine = named_as("theirs", 0), named_as("their-other", 1, steps=9), named_as("mine", 2, steps=8)
    for theirs in (one, other):
        theirs.numbers.update(step=0, origin={"sha256": "a", "file": "w.pth", "layout": "plain"})
    assert [epochs_said(run) for run in (one, mine)] == ["", "24"]
    for known, span in (
        ((mine,), "trained for 24 epochs"),
        ((one, other), "trained for an unknown number of epochs"),
        ((one, mine), "trained for 24 or an unknown number of epochs"),
    ):
        found = [Evaluated(tmp_path, run.numbers, {}) for run in known]
        assert span in published_section([], groups(found)).note


def test_the_csv_holds_the_values_of_the_tables(compared):
    with (compared / "comparison.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    content, values = json.loads((compared / "comparison.json").read_text()), {}
    for row in rows:
        values.setdefault((row["table"], row["row"], row["column"]), []).append(float(row["value"]))
    assert values["kNN", "run, trained", "label"] == [50.0, 51.0]
    found = content["differences"]["recipe 2"]["pgd/2/trained"]
    assert values["difference to run", "recipe 2, pgd 2", "from"] == [found["low"]]
    spread = {
        (t, r, c): s for t, some in content["spread"].items() for r, cells in some.items() for c, s in cells.items()
    }
    assert spread and all(statistics.mean(values[key]) == pytest.approx(one["mean"]) for key, one in spread.items())
    with (compared / "plots" / "differences.csv").open(newline="") as lines:
        drawn = [float(row["value"]) for row in csv.DictReader(lines) if row["column"] == "points"]
    assert drawn == [one["difference"] for cells in content["differences"].values() for one in cells.values()]


def test_what_was_not_evaluated_or_otherwise_is_refused(tmp_path):
    one, other = evaluated(tmp_path / "a", 0), evaluated(tmp_path / "b", 1)
    with pytest.raises(Refusal, match=f"{tmp_path} was not evaluated; type: accelerate launch training/evaluate.py"):
        Comparison()(tmp_path / "out", [one, tmp_path])
    with pytest.raises(Refusal, match=f"{one} is named twice; name each run once"):
        Comparison()(tmp_path / "out", [one, other, tmp_path / "a" / ".." / "a" / "run-0"])
    with pytest.raises(Refusal, match="--contrast moco names no recipe of these runs; recipes are recipe|run"):
        Comparison(contrast="moco")(tmp_path / "out", [one, other])
    numbers = json.loads((other / "evaluation.json").read_text())
    numbers["protocol"] |= {"together": 9, "robustness": numbers["protocol"]["robustness"] | {"attack_steps": 5}}
    (other / "evaluation.json").write_text(json.dumps(numbers))
    with pytest.raises(Refusal, match=r"were not measured alike \(robustness.attack_steps\); evaluate them together: "):
        Comparison()(tmp_path / "out", [one, other])
    (other / "evaluation.json").write_text(json.dumps(numbers | {"format": 1}))
    with pytest.raises(Refusal, match=r"evaluation.json has format 1, not 2; evaluate again: accelerate launch"):
        Comparison()(tmp_path / "out", [one, other])
    (one / "outcomes.safetensors").unlink()
    with pytest.raises(Refusal, match="has lost its outcomes.safetensors"):
        Comparison()(tmp_path / "out", [one])


def test_other_test_data_are_not_compared(tmp_path):
    some = [evaluated(tmp_path / "a", 0), evaluated(tmp_path / "b", 1, **CLAE), evaluated(tmp_path / "c", 2, **CLAE)]
    numbers = json.loads((some[2] / "evaluation.json").read_text())
    numbers["data"]["test"]["fingerprint"] = "another"
    (some[2] / "evaluation.json").write_text(json.dumps(numbers))
    found = Comparison().compare(groups([read_evaluated(run) for run in some]))
    assert list(found["differences"]) == ["run-1"] and found["other test data"] == ["run-2"]


def test_a_seed_without_a_finite_number_leaves_a_hole(tmp_path):
    some = [evaluated(tmp_path, seed) for seed in (0, 1, 2)]
    for run, missing in zip(some[1:], (math.nan, math.inf), strict=True):
        found = json.loads((run / "evaluation.json").read_text())
        found["geometry"]["trained"]["alignment"] = found["robustness"]["trained"]["pgd"]["2"]["accuracy"] = missing
        (run / "evaluation.json").write_bytes(as_json(found))
    Comparison(published="none")(tmp_path / "out", some)
    assert "| trained | – | -2.000 ± 1.000 |" in (tmp_path / "out" / "report.md").read_text()
    for file in (some[1] / "evaluation.json", tmp_path / "out" / "comparison.json"):
        content = json.loads(file.read_text(), parse_constant=pytest.fail)
    assert list(content["spread"]["geometry"]["trained"]) == ["uniformity"]
    assert content["each"][1]["geometry"]["trained"]["alignment"] is None


def other_than(run, **changed):
    return Evaluated(run.folder.with_name("other"), run.numbers | changed, run.outcomes)


def of_sets(fingerprint):
    return {"trained": {"imagenet-r": {"splits": {"test": {"fingerprint": fingerprint}}}}}


def test_other_classes_corruptions_and_data_sets_are_refused(tmp_path):
    plain = evaluation(0)
    corrupted = {"trained": {"corruptions": {"fog": {}}}}
    run = Evaluated(tmp_path / "run", plain | {"corruptions": corrupted, "shifts": of_sets("a")}, {})
    for classes in ({"label": "other"}, {"label": "e" * 64, "shape": "e" * 64}):
        (fact,) = classes.items() - plain["data"]["classes"].items()
        with pytest.raises(Refusal, match=rf"other have other classes \({fact[0]}\); compare runs on data of the same"):
            check_comparable([run, other_than(run, data=plain["data"] | {"classes": classes})])
    frosty = {"trained": {"corruptions": {"fog": {}, "frost": {}}}}
    with pytest.raises(Refusal, match=r"not measured alike \(corrupted by.frost\); evaluate them together"):
        check_comparable([run, other_than(run, corruptions=frosty)])
    with pytest.raises(Refusal, match=r"not measured alike \(other data.imagenet-r.test\)"):
        check_comparable([run, other_than(run, shifts=of_sets("b"))])
    moved = {"protocol": plain["protocol"] | {"shifts": plain["protocol"]["shifts"] | {"sets": ["elsewhere"]}}}
    check_comparable([run, other_than(run, **moved)])
    check_comparable([Evaluated(tmp_path, plain | {"shifts": of_sets("a")}, {}), run])  # one has too few pixels
