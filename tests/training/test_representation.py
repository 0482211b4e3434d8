"""How features lie: closed forms, slow double loops, and what t-SNE keeps together."""

import itertools
import math
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.special import hyp0f1

from training.probes.alignment import uniformity
from training.probes.representation import (
    MAPPED,
    Representation,
    class_distances,
    margins,
    rank_me,
    same_and_different,
)
from training.probes.sheet import flattened
from training.probes.sheet import shown as on_sheet
from training.probes.task import Task
from training.reports.representation import section


def vectors(count, width, seed=0):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(("width", "t"), [(2, 2.0), (3, 2.0), (8, 2.0), (64, 2.0), (3, 0.5)])
def test_uniform_points_have_the_uniformity_of_the_sphere(width, t):
    # exp(-t |x - y|^2) = exp(-2 t) exp(2 t x·y), and E exp(a x·y) over the sphere is 0F1(width / 2; a² / 4)
    expected = -2 * t + math.log(hyp0f1(width / 2, t**2))
    if width == 3:  # there x·y is uniform in -1 … 1
        assert expected == pytest.approx(-2 * t + math.log(math.sinh(2 * t) / (2 * t)))
    count = 3000
    assert uniformity(vectors(count, width), t) == pytest.approx(expected, abs=0.03)


def test_rank_is_the_number_of_equal_directions():
    assert rank_me(torch.eye(7)) == pytest.approx(7, rel=1e-4)
    basis = torch.linalg.qr(vectors(40, 5))[0]
    assert rank_me(basis @ torch.eye(5, 9, dtype=torch.float64)) == pytest.approx(5, rel=1e-4)
    assert rank_me(vectors(50, 1) @ vectors(1, 6)) == pytest.approx(1, rel=1e-4)
    shares = torch.tensor([0.5, 0.25, 0.25], dtype=torch.float64)
    assert rank_me(shares.diag()) == pytest.approx(2**1.5, rel=1e-4)  # an entropy of 1.5 bits


def test_distances_are_those_of_a_double_loop():
    features, classes = vectors(40, 5), torch.arange(40) % 3  # and a class without samples
    classes[0] = 4  # alone in its own
    pairs: dict[tuple[int, int], list[float]] = {}
    for i, j in itertools.product(range(40), repeat=2):
        if i != j:
            distance = 1 - F.cosine_similarity(features[i], features[j], dim=0).item()
            pairs.setdefault((int(classes[i]), int(classes[j])), []).append(distance)
    found = class_distances(features, classes, 5)
    for a, b in itertools.product(range(5), repeat=2):
        if (a, b) in pairs:
            assert found[a, b].item() == pytest.approx(np.mean(pairs[a, b]))
        else:
            assert math.isnan(found[a, b])  # of one sample there is no pair, of none neither
    same, different = same_and_different(found, classes.bincount(minlength=5))
    assert same == pytest.approx(np.mean([d for (a, b), some in pairs.items() if a == b for d in some]))
    assert different == pytest.approx(np.mean([d for (a, b), some in pairs.items() if a != b for d in some]))


def test_margins_are_those_of_a_loop():
    features, classes = vectors(30, 4), torch.arange(30) % 3
    classes[3] = 4
    unit, slow = F.normalize(features, dim=1), []
    for i in range(30):
        distance = {}
        for c in set(classes.tolist()):
            members = [j for j in range(30) if classes[j] == c and j != i]
            if members:
                distance[c] = 1 - float(unit[i] @ F.normalize(unit[members].mean(0), dim=0))
        own = distance.pop(int(classes[i]), None)
        slow += [min(distance.values()) - own] if own is not None else []
    found = margins(features, classes, 5)
    assert len(slow) == 29 and found.tolist() == pytest.approx(slow)


def test_margins_of_compact_and_of_mixed_classes():
    classes = torch.arange(60) % 3
    compact = torch.eye(3, dtype=torch.float64)[classes] + 0.01 * vectors(60, 3)
    assert margins(compact, classes, 3).min() > 0.9
    assert margins(vectors(3000, 40), torch.arange(3000) % 3, 3).mean().abs() < 0.2  # nothing is known


def task(count=90, classes=3):
    labels = torch.arange(count) % classes
    features = (4 * torch.eye(classes, 6, dtype=torch.float64)[labels] + vectors(count, 6)).float()
    nothing = torch.zeros(count, dtype=torch.bool)
    return Task(features, features, {"label": (labels, labels)}, nothing, {"label": classes}, np.arange(count) + 100)


def test_a_sheet_keeps_neighbours_together_and_is_the_same_again():
    with warnings.catch_warnings(action="ignore"):
        places, again = (flattened(task().test, 50.0) for _ in range(2))
    assert places.shape == (90, 2) and np.array_equal(places, again)
    apart = np.linalg.norm(places[:, None] - places, axis=2) + np.diag(np.full(90, np.inf))
    assert (apart.argmin(1) % 3 == np.arange(90) % 3).mean() > 0.9
    assert not flattened(torch.ones(9, 4), 50.0).any()  # a collapsed encoder
    assert np.array_equal(on_sheet(50, 20), np.sort(on_sheet(50, 20))) and len(set(on_sheet(50, 20))) == 20
    assert set(on_sheet(50, 10)) <= set(on_sheet(50, 20))


def test_what_is_said_of_an_encoder_and_how_it_is_shown():
    rows = on_sheet(90, 12)
    sheet = {"rows": rows, "places": np.stack([np.arange(12.0), np.zeros(12)], 1)}
    found = Representation()(task(), ["cat", "dog", "owl"], sheet)
    assert found["same"] < found["different"] and found["margin"] > 0 and found["negative"] < 20
    assert found["sheet"]["samples"] == (rows + 100).tolist() and found["sheet"]["classes"] == (rows % 3).tolist()
    shown = section({"run": [{"representation": {"untrained": found, "trained": found}}]})
    assert [plot.name for plot in shown.plots] == ["classes", "sheet"] and len(shown.tables[0].rows) == 2
    maps, points = (plot.data for plot in shown.plots)
    assert maps.rows["trained: dog"][2] == [found["map"]["distances"][1][2]] and maps.columns == ("cat", "dog", "owl")
    assert points.rows[f"untrained: sample {rows[5] + 100}"] == [[rows[5] % 3], [5.0], [0.0]]
    assert len(shown.plots[0].figure.axes) == 3 and len(shown.plots[1].figure.axes) == 2
    fewer = found | {"sheet": {name: some[:7] for name, some in found["sheet"].items()}}  # of other test data
    both = section({"a": [{"representation": {"trained": found}}], "b": [{"representation": {"trained": fewer}}]})
    assert both.plots[1].caption.startswith("t-SNE of 7 to 12 test samples")
    many = Representation()(task(classes=MAPPED + 1, count=MAPPED + 1), ["x"] * (MAPPED + 1), {})
    assert "map" not in many and "sheet" not in many and not section({"a": [{"representation": {"t": many}}]}).plots
    with pytest.raises(ValueError, match="shown >= 0 and perplexity > 0"):
        Representation(perplexity=0.0)
