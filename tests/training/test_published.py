"""Published figures: every one has a source and can be an accuracy; data sets are known by their classes."""

import re

from training.known_data import MARKS, known_as
from training.published import ANY, of_data, read_published

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
