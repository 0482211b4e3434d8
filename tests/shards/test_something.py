"""Something-Something v2 in miniature: both releases, templates without brackets, tests with and without answers."""

import json
from pathlib import Path

import pytest

from shards.refusal import Refusal
from shards.sources.something import Something

LABELS = {"Holding something": "1", "Putting something, something and something on the table": "0"}
TRAIN = [
    {"id": "78687", "label": "holding a potato", "template": "Holding [something]", "placeholders": ["a potato"]},
    {
        "id": "42326",
        "label": "putting ink, paper and pen on the table",
        "template": "Putting [something], [something] and [something] on the table",
        "placeholders": ["ink", "paper", "pen"],
    },
]
VALIDATION = [{"id": "74225", "label": "holding an egg", "template": "Holding [something]", "placeholders": ["an egg"]}]
TEST = [{"id": "1420"}, {"id": "1421"}]


def plant(root: Path, videos: list[str], prefix: str = "", answers: str = "", **lists) -> Something:
    (root / "v").mkdir(parents=True)
    (root / "lists").mkdir()
    for name in videos:
        (root / "v" / f"{name}.webm").write_text(name)
    for name, rows in lists.items():
        (root / "lists" / f"{prefix}{name}.json").write_text(rows if isinstance(rows, str) else json.dumps(rows))
    if answers:
        (root / "lists" / "test-answers.csv").write_text(answers)
    return Something(root / "v", root / "lists")


def found(source: Something) -> dict[str, dict[str, tuple[str, int]]]:
    return {
        split: {s.name: (s.media["webm"].decode(), s.label) for item in listing.items for s in source.samples(item)}
        for split, listing in source.splits().items()
    }


ALL = ["78687", "42326", "74225", "1420", "1421"]


@pytest.mark.parametrize("prefix", ["", "something-something-v2-"])
def test_templates_without_brackets_are_the_classes(tmp_path, prefix):
    source = plant(tmp_path, ALL[:3], prefix, labels=LABELS, train=TRAIN, validation=VALIDATION)
    assert found(source) == {"train": {"78687": ("78687", 1), "42326": ("42326", 0)}, "val": {"74225": ("74225", 1)}}
    assert {listing.classes["label"] for listing in source.splits().values()} == {tuple(sorted(LABELS, key=LABELS.get))}


def test_tests_take_their_labels_from_the_answers(tmp_path):
    answers = "1420;Holding something\n1421;Putting something, something and something on the table\n"
    source = plant(tmp_path, ALL, answers=answers, labels=LABELS, train=TRAIN, validation=VALIDATION, test=TEST)
    assert found(source)["test"] == {"1420": ("1420", 1), "1421": ("1421", 0)}
    assert source.splits()["test"].classes == source.splits()["train"].classes


def test_tests_without_answers_are_unlabelled(tmp_path):
    source = plant(tmp_path, ALL, labels=LABELS, train=TRAIN, validation=VALIDATION, test=TEST)
    assert found(source)["test"] == {"1420": ("1420", 0), "1421": ("1421", 0)}
    assert source.splits()["test"].classes == {"label": ("unlabelled",)}


def test_what_cannot_be_had_is_rejected(tmp_path):
    odd = [
        {"id": "1420", "template": "Eating [something]"},
        {"id": "../../etc"},
        ["1421"],
        {"id": "9", "template": "x"},
    ]
    source = plant(tmp_path, ALL, labels=LABELS, train=TRAIN + odd)
    assert len(found(source)["train"]) == 2
    reasons = [one.reason for one in source.splits()["train"].rejected]
    assert "train.json, row 3 calls its class 'Eating something', which the list" in reasons[0]
    assert [reason.split(" {")[0] for reason in reasons[1:3]] == [
        "train.json, row 4 has no id:",
        "train.json, row 5 has no id: ['1421']",
    ]
    assert reasons[3].startswith("missing: train.json, row 6 names it")
    assert reasons[4] == "'1420.webm' is in no list, like 2 more"


def test_broken_lists_are_refused(tmp_path):
    with pytest.raises(Refusal, match="has neither labels.json nor something-something-v2-labels.json"):
        plant(tmp_path / "1", ALL, train=TRAIN).splits()
    with pytest.raises(Refusal, match="has neither train.json"):
        plant(tmp_path / "2", ALL, labels=LABELS).splits()
    with pytest.raises(Refusal, match="train.json is no whole JSON .*; fetch it again"):
        plant(tmp_path / "3", ALL, labels=LABELS, train=json.dumps(TRAIN)[:40]).splits()
    for number, labels in enumerate(({"a": "1"}, {"a": "x"}, ["a"], {"a": None})):
        with pytest.raises(Refusal, match="must number its templates from 0"):
            plant(tmp_path / f"4{number}", ALL, labels=labels, train=TRAIN).splits()
    with pytest.raises(Refusal, match="train.json must be a list"):
        plant(tmp_path / "5", ALL, labels=LABELS, train={"a": 1}).splits()
