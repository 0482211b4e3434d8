"""Tables and pages of invented evaluations: means, spreads, and what is said of them."""

import json
import statistics

import pytest

from training.charts import draw_curves, draw_radii
from training.report import write_joint_report
from training.tables import all_tables, radii_table

RADII = ("0", "0.25", "2")


def evaluation(seed, **recipe):
    """One run's evaluation in the form of evaluation.json, with numbers that follow from the seed."""
    curve = {radius: {"accuracy": 40 - 10 * float(radius) + seed, "standard error": 1.5} for radius in RADII}
    encoders = ("untrained", "trained")
    fact = {"label": {"accuracy": 50.0 + seed**2, "k": 5 + seed}}
    return {
        "run": f"run-{seed}",
        "step": 300,
        "recipe": {
            "seed": seed, "steps": 300, "out": f"runs/{seed}", "method": {"type": "SimCLR"},
            "network": {"type": "NarrowResNet"}, "loader": {"batch": 8}, **recipe,
        },
        "protocol": {"robustness": {"attack_steps": 20}},
        "data": {n: {"samples": 100, "fingerprint": "f"} for n in ("train", "test", "validation")} | {"kind": "image"},
        "chance": {"label": 10.0},
        "knn": {name: fact for name in ("raw pixels", *encoders)},
        "linear": {name: {"accuracy": 60.0 - seed, "penalty": 0.01} for name in encoders},
        "geometry": {name: {"alignment": 0.5, "uniformity": -1.0 - seed} for name in encoders},
        "robustness": {name: {"attacked": 100, "pgd": curve, "noise": curve} for name in encoders},
    }  # fmt: skip


def test_several_runs_give_mean_and_standard_deviation(tmp_path):
    found = [evaluation(seed) for seed in (1, 2, 4)]
    write_joint_report(tmp_path, found)
    content = json.loads((tmp_path / "evaluation.json").read_text())
    assert content["each"] == found
    values = [51.0, 54.0, 66.0]
    assert content["spread"]["kNN"]["trained"]["label"] == {
        "mean": pytest.approx(statistics.mean(values)), "standard deviation": pytest.approx(statistics.stdev(values)),
    }  # fmt: skip
    page = (tmp_path / "report.html").read_text()
    assert "57.00 ± 7.94" in page and "One recipe, seeds 1, 2, 4." in page and "k 6, 7, 9" in page
    assert content["spread"]["attack"]["trained, PGD"]["2/255"]["mean"] == pytest.approx(20 + 7 / 3)


def test_one_run_is_said_without_a_spread():
    lines = [line for table in all_tables([evaluation(1)]) for line in table.lines()]
    assert "kNN · trained: label 51.00 %" in lines and "geometry · trained: alignment 0.500, uniformity -2.000" in lines
    assert "attack · trained, PGD: clean 41.00 %, 0.25/255 38.50 %, 2/255 21.00 %" in lines
    assert not any("±" in line for line in lines)


def test_runs_of_different_recipes_are_told_apart(tmp_path):
    write_joint_report(tmp_path, [evaluation(1), evaluation(2, loader={"batch": 9})])
    assert "Beware: they differ in loader, so" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("runs", [1, 3])
def test_the_plot_shows_every_row_of_the_table(runs):
    found = [evaluation(seed) for seed in range(runs)]
    (axis,) = draw_radii(found).axes
    drawn = {text.get_text() for text in axis.get_legend().get_texts()}
    assert drawn == {*radii_table(found).rows, "chance"}
    bands = [c for c in axis.collections if type(c).__name__ == "FillBetweenPolyCollection"]
    assert len(bands) == (4 if runs > 1 else 0)


def test_curves_show_false_negatives_where_a_rule_ran(tmp_path):
    lines = [{"step": step, "loss": 2.0 / step, "share of data-free floor": 0.9} for step in (1, 2, 3)]
    log = tmp_path / "metrics.jsonl"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert len(draw_curves(tmp_path).axes) == 3
    shares = {"false negatives/share removed": 0.1, "false negatives/recall": 0.5}  # no precision: nothing was removed
    log.write_text("".join(json.dumps(line | shares) + "\n" for line in lines))
    *_, panel = draw_curves(tmp_path).axes
    drawn = {line.get_label(): line.get_ydata().tolist() for line in panel.get_lines()}
    assert drawn == {"share removed": [0.1] * 3, "recall": [0.5] * 3}
    assert [text.get_text() for text in panel.get_legend().get_texts()] == ["share removed", "recall"]
