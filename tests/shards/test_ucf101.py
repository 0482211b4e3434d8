"""UCF101 in miniature, with the official oddities: two spellings of one class, rows without videos, cut lists."""

import tarfile
from pathlib import Path

import pytest

from shards.refusal import Refusal
from shards.sources.ucf101 import Ucf101

LISTS = {
    "classInd.txt": "1 ApplyEyeMakeup\r\n2 HandstandPushups\r\n",
    "trainlist01.txt": "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1\r\n"
    "HandstandPushups/v_HandStandPushups_g08_c01.avi 2\r\n",
    "testlist01.txt": "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi\n"
    "HandstandPushups/v_HandstandPushups_g01_c01.avi\n\n",
}
VIDEOS = [
    "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi",
    "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi",
    "HandstandPushups/v_HandStandPushups_g08_c01.avi",
    "HandstandPushups/v_HandStandPushups_g01_c01.avi",
]


def plant(root: Path, videos: list[str], **lists: str) -> Ucf101:
    """Videos whose content is their own path, and the lists, some of them replaced."""
    for path in videos:
        (root / "UCF-101" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "UCF-101" / path).write_text(path)
    (root / "lists").mkdir(parents=True)
    for name, text in (LISTS | {f"{name}.txt": text for name, text in lists.items()}).items():
        (root / "lists" / name).write_bytes(text.encode())
    return Ucf101(root / "UCF-101", root / "lists")


def found(source: Ucf101) -> dict[str, dict[str, tuple[str, int]]]:
    """By split and name: content and label."""
    return {
        split: {s.name: (s.media["avi"].decode(), s.label) for item in listing.items for s in source.samples(item)}
        for split, listing in source.splits().items()
    }


EXPECTED = {
    "train": {"v_ApplyEyeMakeup_g08_c01": (VIDEOS[0], 0), "v_HandStandPushups_g08_c01": (VIDEOS[2], 1)},
    "test": {"v_ApplyEyeMakeup_g01_c01": (VIDEOS[1], 0), "v_HandStandPushups_g01_c01": (VIDEOS[3], 1)},
}


def test_lists_find_their_videos_in_either_spelling(tmp_path):
    source = plant(tmp_path, VIDEOS)
    assert found(source) == EXPECTED
    assert [listing.classes for listing in source.splits().values()] == 2 * [
        {"label": ("ApplyEyeMakeup", "HandstandPushups")}
    ]
    assert not [listing.rejected for listing in source.splits().values() if listing.rejected]


def test_a_tar_gives_the_same(tmp_path):
    source = plant(tmp_path, VIDEOS)
    with tarfile.open(tmp_path / "ucf.tar", "w") as tar:
        tar.add(source.root, "UCF-101")
    assert found(Ucf101(tmp_path / "ucf.tar", source.lists)) == EXPECTED


def test_a_row_without_video_is_rejected_with_its_place(tmp_path):
    listings = plant(tmp_path, VIDEOS[:1] + VIDEOS[2:]).splits()
    assert [(one.name, one.reason.split(" names")[0]) for one in listings["test"].rejected] == [
        ("v_applyeyemakeup_g01_c01", "missing: testlist01.txt, row 1")
    ]
    assert not listings["train"].rejected and len(listings["test"].items) == 1


@pytest.mark.parametrize("row", ["Yodelling/v_Y_g01_c01.avi 1", "ApplyEyeMakeup/x.avi 2", "ApplyEyeMakeup/x.avi 1 1"])
def test_a_row_that_contradicts_the_classes_is_rejected(tmp_path, row):
    source = plant(tmp_path, [*VIDEOS, "ApplyEyeMakeup/x.avi"], trainlist01=LISTS["trainlist01.txt"] + row)
    assert found(source) == EXPECTED
    assert "trainlist01.txt, row 3 makes no sense" in source.splits()["train"].rejected[0].reason


def test_a_test_row_of_an_unknown_class_is_rejected(tmp_path):
    source = plant(tmp_path, [*VIDEOS, "Yodelling/v_Y_g01_c01.avi"], testlist01="Yodelling/v_Y_g01_c01.avi")
    assert "testlist01.txt, row 1 makes no sense" in source.splits()["test"].rejected[0].reason


def test_a_video_that_is_listed_twice_is_used_once(tmp_path):
    source = plant(tmp_path, VIDEOS, testlist01=LISTS["testlist01.txt"] + "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi")
    assert found(source) == EXPECTED
    assert [one.reason for one in source.splits()["test"].rejected] == ["named again in testlist01.txt, row 4"]


def test_videos_in_no_list_are_counted(tmp_path):
    listings = plant(tmp_path, [*VIDEOS, "ApplyEyeMakeup/a.avi", "ApplyEyeMakeup/b.avi", "README.txt"]).splits()
    assert [(one.name, one.reason) for one in listings["train"].rejected] == [
        ("a", "'ApplyEyeMakeup/a.avi' is in no list, like 1 more")
    ]


def test_a_split_without_any_video_is_listed_with_its_faults(tmp_path):
    listings = plant(tmp_path, [VIDEOS[0], VIDEOS[2]]).splits()
    assert [*listings] == ["train", "test"] and not len(listings["test"].items) and len(listings["test"].rejected) == 2
    assert len(listings["test"].classes["label"]) == 2


def official(root: Path, train: int, test: int, split: int) -> Ucf101:
    """Lists of 101 classes with so many rows, and two of the videos."""
    lines = {"train": [f"C1/v_{i}.avi 1" for i in range(train)], "test": [f"C1/v_{train + i}.avi" for i in range(test)]}
    lists = {f"{name}list0{split}": "\n".join(rows) for name, rows in lines.items()}
    plant(root, ["C1/v_0.avi", f"C1/v_{train}.avi"], classInd="\n".join(f"{i} C{i}" for i in range(1, 102)), **lists)
    return Ucf101(root / "UCF-101", root / "lists", split)


@pytest.mark.parametrize("split, train, test", [(1, 9537, 3783), (2, 9586, 3734), (3, 9624, 3696)])
def test_the_official_lists_have_their_official_sizes(tmp_path, split, train, test):
    listings = official(tmp_path / "whole", train, test, split).splits()
    assert [len(listings[name].items) + len(listings[name].rejected) for name in ("train", "test")] == [train, test]
    assert train + test == 13320
    with pytest.raises(Refusal, match=f"testlist0{split}.txt has {test - 1} rows, the official one {test}; fetch"):
        official(tmp_path / "cut", train, test - 1, split).splits()


def test_the_rar_is_refused_with_the_command_that_unpacks_it(tmp_path):
    source = plant(tmp_path, VIDEOS)
    (tmp_path / "UCF101.rar").write_bytes(b"Rar!")
    with pytest.raises(Refusal, match="UCF101.rar is a RAR, .* `unrar x UCF101.rar`"):
        Ucf101(tmp_path / "UCF101.rar", source.lists).splits()
    with pytest.raises(Refusal, match="none of the videos that the lists name; expected CLASS/.* `unrar x UCF101.rar`"):
        Ucf101(source.lists, source.lists).splits()


@pytest.mark.parametrize("text", ["0 ApplyEyeMakeup", "ApplyEyeMakeup", "1 Apply Eye"])
def test_odd_class_numbers_are_refused(tmp_path, text):
    with pytest.raises(Refusal, match="classInd.txt must number classes from 1"):
        plant(tmp_path, VIDEOS, classInd=text).splits()


def test_missing_lists_are_refused(tmp_path):
    source = plant(tmp_path, VIDEOS)
    with pytest.raises(Refusal, match="the list .*trainlist03.txt is missing"):
        Ucf101(source.root, source.lists, 3).splits()
