"""HMDB51 in miniature: one list per class, marks 0, 1 and 2, and names full of odd characters."""

from pathlib import Path

import pytest

from shards.refusal import Refusal
from shards.sources.hmdb51 import Hmdb51

ODD = [  # all of them are official names, or as odd as those
    "#20_Rhythm_clap_u_nm_np1_fr_goo_0.avi",
    "Trumans_show_(1998)_[x]!_&_;_@home_clap_u_cm_np1_fr_med_0.avi",
    "1-2-3 clap'n_clap_f_nm_np1_le_bad_1.avi",
]


def plant(root: Path, lists: dict[str, list[str]], split: int = 1, missing: tuple[str, ...] = ()) -> Hmdb51:
    """Per class the rows of its list, and a video for each; its content is its path."""
    (root / "lists").mkdir(parents=True)
    for name, rows in lists.items():
        (root / "hmdb51" / name).mkdir(parents=True)
        (root / "lists" / f"{name}_test_split{split}.txt").write_text("".join(f"{row} \n" for row in rows))
        for video in (row.rpartition(" ")[0] for row in rows):
            if video and video not in missing:
                (root / "hmdb51" / name / video).write_text(f"{name}/{video}")
    return Hmdb51(root / "hmdb51", root / "lists", split)


def found(source: Hmdb51) -> dict[str, list[tuple[str, str, int]]]:
    """By split: name, content, label."""
    return {
        split: [(s.name, s.media["avi"].decode(), s.label) for item in listing.items for s in source.samples(item)]
        for split, listing in source.splits().items()
    }


def test_marks_make_the_splits_and_files_the_classes(tmp_path):
    source = plant(tmp_path, {"wave": ["a.avi 1", "b.avi 2", "c.avi 0"], "brush_hair": ["d.avi 2", "e.avi 1"]})
    assert found(source) == {
        "train": [("e", "brush_hair/e.avi", 0), ("a", "wave/a.avi", 1)],
        "test": [("d", "brush_hair/d.avi", 0), ("b", "wave/b.avi", 1)],
    }
    listings = source.splits().values()
    assert {listing.classes["label"] for listing in listings} == {("brush_hair", "wave")}
    assert not [listing.rejected for listing in listings if listing.rejected]  # what is unused is in a list


def test_odd_names_are_found_and_made_legal(tmp_path):
    source = plant(tmp_path, {"clap": [f"{name} {1 + i % 2}" for i, name in enumerate(ODD)]})
    names = {name: content for part in found(source).values() for name, content, _ in part}
    assert {content for content in names.values()} == {f"clap/{name}" for name in ODD}
    assert "_20_Rhythm_clap_u_nm_np1_fr_goo_0" in names


def test_equal_names_in_two_classes_stay_two_videos(tmp_path):
    source = plant(tmp_path, {"sword": ["a.avi 1", "#a.avi 1", "&a.avi 1"], "draw_sword": ["a.avi 1"]})
    samples = found(source)["train"]
    assert [(content, label) for _, content, label in samples] == [
        ("draw_sword/a.avi", 0), ("sword/a.avi", 1), ("sword/#a.avi", 1), ("sword/&a.avi", 1),
    ]  # fmt: skip
    assert [name for name, _, _ in samples] == ["a", "a~1", "_a", "_a~1"]


def test_missing_videos_and_odd_rows_are_rejected(tmp_path):
    source = plant(tmp_path, {"wave": ["a.avi 1", "b.avi 2", "c.avi 3", "d.avi 0", "e.avi 1"]}, 2, ("b.avi", "d.avi"))
    listings = source.splits()
    assert [*listings] == ["train", "test"]
    assert [one.reason.split(" names")[0] for one in listings["test"].rejected] == [
        "missing: wave_test_split2.txt, row 2"
    ]
    reasons = [one.reason for one in listings["train"].rejected]
    assert reasons[0].startswith("wave_test_split2.txt, row 3 makes no sense: 'c.avi 3'")
    assert reasons[1:] == ["'wave/c.avi' is in no list"]  # and the unused video that is missing is no fault


def test_complete_lists_have_their_official_sizes(tmp_path):
    rows = [f"{i}.avi {1 if i < 70 else 2 if i < 100 else 0}" for i in range(102)]
    names = {f"class{i:02d}" for i in range(51)}
    videos = tuple(f"{i}.avi" for i in range(1, 102))
    listings = plant(tmp_path / "whole", dict.fromkeys(names, rows), 3, videos).splits()
    counts = [len(listings[split].items) + len(listings[split].rejected) for split in ("train", "test")]
    assert counts == [3570, 1530]
    with pytest.raises(Refusal, match="class07_test_split3.txt has 29 rows for test, the official one 30; fetch"):
        plant(tmp_path / "cut", dict.fromkeys(names, rows) | {"class07": rows[:99]}, 3, videos).splits()


def test_the_rar_and_other_folders_are_refused(tmp_path):
    source = plant(tmp_path, {"wave": ["a.avi 1"]})
    with pytest.raises(
        Refusal, match="hmdb51_org.rar is a RAR, .*`unrar x hmdb51_org.rar` and then `unrar x CLASS.rar`"
    ):
        Hmdb51(tmp_path / "hmdb51_org.rar", source.lists).splits()
    with pytest.raises(Refusal, match="has no CLASS_test_split1.txt; give the folder testTrainMulti_7030_splits"):
        Hmdb51(source.root, source.root).splits()
