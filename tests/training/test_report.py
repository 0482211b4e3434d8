"""Tables and pages of invented evaluations: means, spreads, and what is said of them."""

import json
import math
import statistics

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.training.invented import evaluated, evaluation
from training.comparison import Comparison
from training.reports import attack
from training.reports.charts import Line, draw_curves, draw_lines
from training.reports.glance import glance
from training.reports.listing import Listing
from training.reports.measured import measured
from training.reports.page import as_markdown
from training.reports.section import Plot, Section
from training.reports.table import Table, mean_and_spread
from training.reports.writing import tables_of


def test_several_runs_give_mean_and_standard_deviation(tmp_path):
    runs = [evaluated(tmp_path, seed) for seed in (1, 2, 4)]
    Comparison(published="none")(tmp_path / "out", runs)
    content = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert content["each"] == [evaluation(seed) for seed in (1, 2, 4)]
    values = [51.0, 54.0, 66.0]
    assert content["spread"]["kNN"]["trained"]["label"] == {
        "mean": pytest.approx(statistics.mean(values)), "standard deviation": pytest.approx(statistics.stdev(values)),
    }  # fmt: skip
    page = (tmp_path / "out" / "report.html").read_text()
    assert "57.00 ± 7.94" in page and "run: seeds 1, 2, 4." in page and "k 6, 7, 9" in page
    assert content["spread"]["attack"]["trained, PGD"]["2/255"]["mean"] == pytest.approx(20 + 7 / 3)


def test_one_run_is_said_without_a_spread():
    lines = [line for table in tables_of({"run": [evaluation(1)]}) for line in table.lines()]
    assert "kNN · trained: label 51.00 %" in lines and "geometry · trained: alignment 0.500, uniformity -2.000" in lines
    assert "attack · trained, PGD: clean 41.00 %, 0.25/255 38.50 %, 2/255 21.00 %" in lines
    assert not any("±" in line for line in lines)


def test_a_part_that_only_some_runs_were_measured_in_is_left_out():
    one, other = evaluation(1), evaluation(2)
    del other["geometry"]
    assert [table.title for table in tables_of({"run": [one, other]})] == ["kNN", "linear probe", "attack"]


@pytest.mark.parametrize("runs", [1, 3])
def test_the_plot_shows_every_row_of_the_table(runs):
    (plot,) = attack.section({"run": [evaluation(seed) for seed in range(runs)]}).plots
    (axis,) = plot.figure.axes
    drawn = {text.get_text() for text in axis.get_legend().get_texts()}
    assert plot.data and drawn == {*plot.data.rows, "chance"}
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


def test_the_first_numbers_bear_errors():
    (table,) = glance({"run": [evaluation(1)]}).tables
    assert table.columns == ("kNN", "linear probe", "PGD 2/255")
    assert (
        table.lines()[1]
        == "accuracy · trained: kNN 51.00 ± 1.50 %, linear probe 59.00 ± 1.50 %, PGD 2/255 21.00 ± 1.50 %"
    )
    several = glance({"a": [evaluation(1), evaluation(2)], "b": [evaluation(3)]}).tables[0]
    assert list(several.rows) == ["a, untrained", "a, trained", "b, trained"]
    assert "52.50 ± 2.12" in several.html() and "59.00 ± 1.50" in several.html()


def test_every_figure_is_traced_to_command_commit_data_seed_and_device():
    listing, parts = measured({"run": [evaluation(7)]}).listings
    assert listing.columns == ("", "run-7") and dict(listing.rows) == {
        "seed": "7", "step": "300", "training data": "f" * 12, "test data": "f" * 12, "command": "evaluate.py runs/7",
        "commit": "c" * 12, "time": "2026-01-01T00:00:00+00:00", "device": "cpu",
    }  # fmt: skip
    assert parts.folded and parts.rows[0][:2] == ("attack", "attack-0123") and "<details" in parts.html()


def test_names_end_no_cell_of_markdown_and_begin_no_tag():
    bad, said = "a|b<img>\\", r"a\|b\<img>\\"
    table, listing = Table(bad, (bad,), {bad: [[1.0]]}), Listing(bad, ("", bad), ((bad, bad),))
    assert table.markdown() == f"|  | {said} |\n| --- | ---: |\n| {said} | 1.00 |\n"
    assert listing.markdown() == f"|  | {said} |\n| --- | --- |\n| {said} | {said} |\n"
    page = as_markdown(bad, bad, [Section(bad, (table,), (Plot("x", Figure(), bad),), bad, (listing,))])
    assert page.count(said) == page.count("<img>") == 12


def test_long_tables_are_folded():
    rows = {str(number): [[1.0]] for number in range(25)}
    assert "<details" in Table("t", ("c",), rows).html()
    assert "<details" not in Table("t", ("c",), dict(list(rows.items())[:24])).html()


@pytest.mark.parametrize("missing", [math.nan, math.inf, -math.inf])
def test_mean_and_spread_are_of_finite_numbers(missing):
    assert mean_and_spread([]) is mean_and_spread([missing]) is mean_and_spread([1.0, missing]) is None
    assert mean_and_spread([1.5]) == (1.5, 0) and mean_and_spread([1.0, 2.0, 6.0]) == (3, pytest.approx(math.sqrt(7)))
    table = Table("t", ("c",), {"r": [[1.0, missing]]})
    assert table.spread() == {} and table.lines() == ["t · r: c – %"]
    figure = draw_lines({"a": Line([[1.0, missing], [1.0, 3.0]])}, [0.0, 1.0], ["0", "1"], "x", "y")
    assert np.isnan(figure.axes[0].lines[0].get_ydata()).tolist() == [True, False]
