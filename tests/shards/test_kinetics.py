"""Kinetics in both layouts and from several releases: what is missing or makes no sense is left out by name."""

from pathlib import Path

import pytest

from shards.refusal import Refusal
from shards.sources.kinetics import Kinetics

HEADER = "label,youtube_id,time_start,time_end,split,is_cc"
TRAIN = [HEADER, '"air drumming",-3B32lodo2M,59,69,train,0', "abseiling,0347ZoDXyP0,95,105,train,1"]
VAL = [HEADER, "abseiling,__NrybzYzUg,7,17,validate,0"]
FLAT = [
    "train/-3B32lodo2M_000059_000069.mp4",
    "train/0347ZoDXyP0_000095_000105.mp4",
    "val/__NrybzYzUg_000007_000017.mp4",
]


def plant(root: Path, videos: list[str], **lists: list[str]) -> Kinetics:
    """Videos whose content is their own path, and CSVs by name."""
    for path in videos:
        (root / "k" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "k" / path).write_text(path)
    (root / "lists").mkdir(parents=True)
    for name, lines in lists.items():
        (root / "lists" / f"{name}.csv").write_text("\n".join(lines))
    return Kinetics(root / "k", root / "lists")


def found(source: Kinetics) -> dict[str, dict[str, tuple[str, str, int]]]:
    """By split and name: extension, content and label."""
    splits = {}
    for split, listing in source.splits().items():
        samples = [sample for item in listing.items for sample in source.samples(item)]
        splits[split] = {s.name: (e, content.decode(), s.label) for s in samples for e, content in s.media.items()}
        assert len(splits[split]) == len(samples) and {s.segment for s in samples} <= {None}
    return splits


def reasons(source: Kinetics) -> dict[str, list[str]]:
    return {split: [one.reason for one in listing.rejected] for split, listing in source.splits().items()}


@pytest.mark.parametrize(
    "videos",
    [
        FLAT,
        [
            "train/air drumming/-3B32lodo2M_000059_000069.mp4",
            "train/abseiling/0347ZoDXyP0_000095_000105.mp4",
            "val/abseiling/__NrybzYzUg_000007_000017.mp4",
        ],
        [
            "train/air_drumming/-3B32lodo2M_000059_000069.webm",
            "train/abseiling/0347ZoDXyP0_000095_000105.mkv",
            "val/abseiling/__NrybzYzUg_000007_000017.MP4",
        ],
    ],
)
def test_both_layouts_are_found_in_any_container(tmp_path, videos):
    source = plant(tmp_path, videos, train=TRAIN, val=VAL)
    assert found(source) == {
        "train": {
            "-3B32lodo2M_000059_000069": (videos[0].rpartition(".")[2], videos[0], 1),
            "0347ZoDXyP0_000095_000105": (videos[1].rpartition(".")[2], videos[1], 0),
        },
        "val": {"__NrybzYzUg_000007_000017": ("mp4", videos[2], 0)},
    }
    assert {listing.classes["label"] for listing in source.splits().values()} == {("abseiling", "air drumming")}


@pytest.mark.parametrize("name", ["val", "validate", "validation", "kinetics_400_val", "Kinetics-700-validate"])
@pytest.mark.parametrize(
    "header, row",
    [
        (HEADER, VAL[1]),
        ("\ufeff" + HEADER.removesuffix(",is_cc"), "abseiling,__NrybzYzUg,7.0,17.0,validate"),
        ("label-name,video-id,start-time,end-time,subset", "abseiling,__NrybzYzUg,7,17,validation"),
        ("youtube_id,time_start,time_end,label", "__NrybzYzUg,7,17,abseiling"),
    ],
)
def test_the_releases_name_files_and_columns_differently(tmp_path, name, header, row):
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "classes.csv").write_text("id,name")  # not a list of videos
    (tmp_path / "lists" / f"{name}.csv").write_text(f"{header}\r\n{row}\r\n\r\n")
    source = Kinetics(plant(tmp_path / "x", FLAT).root, tmp_path / "lists")
    assert found(source) == {"val": {"__NrybzYzUg_000007_000017": ("mp4", FLAT[2], 0)}}
    assert source.splits()["val"].classes == {"label": ("abseiling",)}


@pytest.mark.parametrize(
    "lines",
    [
        ["youtube_id,time_start,time_end,split", "__NrybzYzUg,7,17,test"],
        [HEADER.removesuffix(",is_cc"), ",__NrybzYzUg,7,17,test"],
    ],
)
def test_a_test_split_without_labels_is_unlabelled(tmp_path, lines):
    source = plant(tmp_path, FLAT, train=TRAIN, test=lines)
    assert source.splits()["test"].classes == {"label": ("unlabelled",)}
    assert found(source)["test"] == {"__NrybzYzUg_000007_000017": ("mp4", FLAT[2], 0)}
    assert source.splits()["train"].classes == {"label": ("abseiling", "air drumming")}


def test_one_row_without_label_among_others_is_rejected(tmp_path):
    source = plant(tmp_path, FLAT, train=[*TRAIN, ",__NrybzYzUg,7,17,train,0"])
    assert len(found(source)["train"]) == 2 and reasons(source) == {"train": ["its list has no label for it"]}


def test_missing_videos_are_left_out_by_name(tmp_path):
    source = plant(tmp_path, FLAT[:1] + FLAT[2:], train=TRAIN, val=VAL)
    assert len(found(source)["train"]) == 1
    (one,) = source.splits()["train"].rejected
    assert one.name == "0347ZoDXyP0_000095_000105" and one.reason.startswith("missing: train.csv, row 3 names it")


@pytest.mark.parametrize(
    "row, reason",
    [
        ("abseiling,x,start,105,train,0", "could not convert string to float: 'start'"),
        ("abseiling,x,95,,train,0", "could not convert string to float: ''"),
        ("abseiling,x,nan,9,train,0", "cannot convert float NaN to integer"),
        ("abseiling,x,9,inf,train,0", "cannot convert float infinity to integer"),
        ("abseiling,x,95,95,train,0", "starts at 95 s and ends at 95 s"),
        ("abseiling,x,-5,5,train,0", "starts at -5 s and ends at 5 s"),
        ("abseiling,,95,105,train,0", "has no YouTube id"),
        ("abseiling,x,95,105,holdout,0", "has an unknown split, 'holdout'"),
        ("abseiling,x,95,105", "has 4 fields, the header 6"),
        ("abseiling,x,95,105,train,0,", "has 7 fields, the header 6"),
    ],
)
def test_a_row_that_makes_no_sense_is_rejected_with_its_number(tmp_path, row, reason):
    source = plant(tmp_path, FLAT[:2], train=[TRAIN[0], TRAIN[1], row, TRAIN[2]])
    assert len(found(source)["train"]) == 2
    assert reasons(source) == {"train": [f"row 3 of train.csv {reason}"]}
    assert source.splits()["train"].rejected[0].name == "train_csv row 3"


def test_a_thumbnail_beside_a_video_is_no_video(tmp_path):
    source = plant(tmp_path, [FLAT[2].replace("mp4", "jpg"), FLAT[2]], val=VAL)
    assert found(source) == {"val": {"__NrybzYzUg_000007_000017": ("mp4", FLAT[2], 0)}}


def test_equal_hashes_of_different_names_find_nothing_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr("shards.sources.listed._hash", lambda name: 1)
    source = plant(tmp_path, FLAT[:1], train=[TRAIN[0], TRAIN[2], TRAIN[1]])
    assert [*found(source)["train"].values()] == [("mp4", FLAT[0], 1)]
    assert [one.name for one in source.splits()["train"].rejected] == ["0347ZoDXyP0_000095_000105"]


def test_a_clip_that_is_named_twice_is_used_once(tmp_path):
    source = plant(tmp_path, FLAT, train=[*TRAIN, TRAIN[1]], val=[*VAL, TRAIN[2].replace("train", "val")])
    assert len(found(source)["train"]) == 2
    assert reasons(source) == {
        "train": ["named again in train.csv, row 4"],
        "val": ["named again in val.csv, row 3"],
    }


def test_what_is_no_kinetics_is_refused(tmp_path):
    with pytest.raises(Refusal, match="has no train.csv, val.csv or test.csv"):
        plant(tmp_path / "1", FLAT).splits()
    with pytest.raises(Refusal, match="train.csv has label, time_end, but no youtube_id, time_start; give it"):
        plant(tmp_path / "2", FLAT, train=["label,time_end"]).splits()
    with pytest.raises(Refusal, match="train.csv is empty; fetch it again"):
        plant(tmp_path / "3", FLAT, train=[]).splits()
    with pytest.raises(Refusal, match="holds none of the videos that the lists name; expected .*_000059_000069.mp4"):
        plant(tmp_path / "4", FLAT[2:], train=TRAIN).splits()
    with pytest.raises(Refusal, match="train.csv is broken after row 2 .*; look for a quote that is never closed"):
        plant(tmp_path / "5", FLAT, train=[*TRAIN[:2], '"' + 200_000 * "x"]).splits()
