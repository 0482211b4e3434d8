"""Recipes side by side: which runs belong together, and what stands in one table."""

import pytest

from tests.training.invented import evaluation
from training.comparison import groups, write_comparison
from training.reports import attack
from training.reports.writing import tables_of


def runs():
    plain = [evaluation(seed) | {"run": f"moco-{seed}"} for seed in (0, 1)]
    robust = [evaluation(seed + 10, attack={"type": "CLAE"}) | {"run": f"robust-{seed}"} for seed in (0, 1)]
    return [plain[0], robust[0], robust[1], plain[1]]


def test_runs_are_grouped_by_recipe_whatever_their_seed_and_order():
    named = groups(runs())
    assert {name: [one["run"] for one in found] for name, found in named.items()} == {
        "moco": ["moco-0", "moco-1"],
        "robust": ["robust-0", "robust-1"],
    }


def test_groups_whose_folders_have_nothing_in_common_are_numbered():
    one, other = evaluation(0) | {"run": "a"}, evaluation(1) | {"run": "b"}
    assert list(groups([one, other, evaluation(2, steps=9) | {"run": "c"}])) == ["recipe 1", "c"]


def test_another_test_split_makes_another_group():
    one, other = evaluation(0), evaluation(1)
    other["data"]["test"] = other["data"]["test"] | {"fingerprint": "another"}
    assert len(groups([one, other])) == 2


def test_tables_hold_every_group_and_what_they_share_once():
    tables = {table.title: table for table in tables_of(groups(runs()))}
    assert list(tables["kNN"].rows) == [
        "chance", "raw pixels", "moco, untrained", "moco, trained", "robust, untrained", "robust, trained",
    ]  # fmt: skip
    assert tables["linear probe"].rows["moco, trained"] == [[60.0, 59.0]]
    assert tables["linear probe"].rows["robust, trained"] == [[50.0, 49.0]]


def test_one_group_keeps_its_rows_unnamed():
    (table, *_) = tables_of(groups([evaluation(0), evaluation(1)]))
    assert list(table.rows) == ["chance", "raw pixels", "untrained", "trained"]


def test_the_page_shows_means_and_names(tmp_path):
    write_comparison(tmp_path, runs())
    page = (tmp_path / "report.html").read_text()
    assert "robust, trained" in page and "59.50 ± 0.71" in page and page.count("data:image/png;base64,") == 1
    assert "$" not in page and (tmp_path / "plots" / "radii.png").is_file() and (tmp_path / "report.md").is_file()


@pytest.mark.parametrize("name", ["moco", "robust"])
def test_the_plot_has_a_line_for_each_group(name):
    (plot,) = attack.section(groups(runs())).plots
    (axis,) = plot.figure.axes
    drawn = {line.get_label(): line.get_ydata() for line in axis.lines}
    seeds = (0, 1) if name == "moco" else (10, 11)
    assert drawn[f"{name}, trained, PGD"][0] == pytest.approx(40 + sum(seeds) / 2)
