"""What reports say of other data sets, shape bias, cues and textures, of one run and of several recipes."""

import math

import pytest

from training.reports import cues, shape_bias, shifts, textures

CHANCE = {"label": 25.0, "shape": 12.5, "texture": 50.0}


def cell(accuracy: float) -> dict:
    return {"accuracy": accuracy, "standard error": 1.0, "samples": 50, "of unknown classes": 3, "classes": 4}


def run(seed: float) -> dict:
    both = {"untrained": 10.0 + seed, "trained": 50.0 + seed}
    kinds = {"image": 80.0, "texture": 30.0}
    return {
        "chance": CHANCE,
        "shifts": {name: {
            "r": {"splits": {"train": cell(a)}},
            "c": {"splits": {"fog-1": cell(a), "fog-2": cell(a - 4)}, "corruptions": {"fog": a - 2},
                  "severities": {"1": a, "2": a - 4}, "mean": a - 2, "settings": 2},
        } for name, a in both.items()},
        "shape bias": {name: {"cues, test": {
            "trials": 12, "categories": 4, "shape bias": a, "shape": 40.0, "texture": 20.0, "decided": 7,
            "classes": {"cat": {"shape bias": a}, "dog": {"shape bias": math.nan}},
        }} for name, a in both.items()},
        "cues": {name: {"shape": {"accuracy": a}, "texture": {"accuracy": 99.0}} for name, a in both.items()},
        "textures": {name: {
            "fine": {of: {"accuracy": v + seed} for of, v in kinds.items()},
            "coarse": {of: {"accuracy": v + 10} for of, v in kinds.items()},
            "classes": {"tabby": kinds | {"samples": 30}, "van": kinds | {"samples": 20}},
            "groups": {how: {"cat": kinds, "car": kinds} for how in ("fine", "coarse")}, "cues": {"shape": kinds},
            "chance in groups": 50.0,
        } for name in both},
    }  # fmt: skip


@pytest.fixture(params=[{"": [run(0)]}, {"a": [run(0), run(2)], "b": [run(1)]}], ids=["one", "several"])
def groups(request):
    return request.param


@pytest.mark.parametrize("part", [shifts, shape_bias, cues, textures])
def test_a_section_serves_one_run_and_several(groups, part):
    found = part.section(groups)
    assert found.tables and found.note and all(plot.data.csv() for plot in found.plots)
    assert all(len(cells) == len(table.columns) for table in found.tables for cells in table.rows.values())


def test_shifts_are_said_with_what_was_left_out():
    found = shifts.section({"": [run(0)]})
    lines = [line for table in found.tables for line in table.lines()]
    assert "other data sets · trained: r, train 50.00 %" in lines
    assert "c · fog: untrained 8.00 %, trained 48.00 %" in lines
    assert "c · mean over 2 settings: untrained 8.00 %, trained 48.00 %" in lines
    assert "r: 50 samples of 4 classes in each of 1 splits; 3 samples of other classes were left out." in found.note
    assert [plot.name for plot in found.plots] == ["severities-c"]


def test_several_seeds_have_a_spread_and_a_set_that_one_recipe_lacks_a_dash():
    lacks = run(1)
    for one in lacks["shifts"].values():
        del one["r"]
    table = shifts.section({"a": [run(0), run(2)], "b": [lacks]}).tables[0]
    assert table.cell(table.rows["a, trained"][0]) == "51.00 ± 1.41" and table.cell(table.rows["b, trained"][0]) == "–"


def test_a_class_that_nothing_was_decided_of_is_a_dash():
    (plot,) = shape_bias.section({"": [run(0)]}).plots
    assert plot.name == "shape-bias-cues-test" and plot.data.cell(plot.data.rows["trained"][1]) == "–"
