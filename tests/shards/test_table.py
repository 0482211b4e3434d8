"""Tables: the same samples from CSV, TSV and Parquet; odd rows rejected by number; names that leave no folder."""

import csv
import sys
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from shards.refusal import Refusal
from shards.sources.table import Table

ROWS = [
    {"path": "clips/b.mp4", "label": "surfing", "split": "train", "start": "", "end": ""},
    {"path": "clips/b.mp4", "label": "surfing", "split": "train", "start": "1.25", "end": "3"},
    {"path": "clips/a, with comma.MP4", "label": "air drumming", "split": "Validation", "start": "0", "end": "0.5"},
]


def write(file: Path, rows: list[dict], group: int = 2) -> Path:
    """A table, and for each of its paths below the root a file whose content is its path."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".parquet":
        parquet.write_table(pyarrow.Table.from_pylist(rows), file, row_group_size=group)
    else:
        with file.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, [*rows[0]], delimiter="\t" if file.suffix == ".tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)
    for path in {row.get("path") or "none" for row in rows}:
        (file.parent / path).parent.mkdir(parents=True, exist_ok=True)
        (file.parent / path).write_text(path)
    return file


def text(folder: Path, *lines: str, name: str = "t.csv") -> Path:
    (folder / name).write_text("\n".join(lines))
    return folder / name


def found(source: Table) -> dict[str, list[tuple]]:
    """By split: name, extension, content, label and segment."""
    splits = {}
    for split, listing in source.splits().items():
        samples = [sample for item in listing.items for sample in source.samples(item)]
        splits[split] = [(s.name, e, c.decode(), s.label, s.segment) for s in samples for e, c in s.media.items()]
        assert len({s.name for s in samples}) == len(samples) == len(listing.items)
    return splits


def reasons(source: Table) -> list[str]:
    return [one.reason for listing in source.splits().values() for one in listing.rejected]


@pytest.mark.parametrize("name", ["t.csv", "t.TSV", "t.parquet"])
def test_all_kinds_of_tables_give_the_same_samples(tmp_path, name):
    rows = ROWS
    if name == "t.parquet":
        rows = [row | {time: float(row[time]) if row[time] else None for time in ("start", "end")} for row in ROWS]
    file = write(tmp_path / name.lower(), rows).rename(tmp_path / name)
    assert found(Table(file)) == {
        "train": [
            ("clips/b", "mp4", "clips/b.mp4", 1, None),
            ("clips/b~1", "mp4", "clips/b.mp4", 1, (1.25, 3.0)),
        ],
        "val": [("clips/a, with comma", "mp4", "clips/a, with comma.MP4", 0, (0.0, 0.5))],
    }
    listings = Table(file).splits().values()
    assert {listing.classes["label"] for listing in listings} == {("air drumming", "surfing")}
    assert {listing.kind for listing in listings} == {"video"} and not reasons(Table(file))


def test_columns_are_named_by_options_and_the_root_too(tmp_path):
    write(tmp_path / "root" / "unused.csv", [{"path": "x.jpg"}])
    file = text(tmp_path, "file;no,what,part", "x.jpg,ant,a/b", name="t.csv")
    source = Table(file, tmp_path / "root", path="file;no", label="what", split="part")
    assert found(source) == {"a_b": [("x", "jpg", "x.jpg", 0, None)]}
    assert source.splits()["a_b"].classes == {"label": ("ant",)}


def test_paths_alone_are_one_unlabelled_split(tmp_path):
    source = Table(write(tmp_path / "t.csv", [{"path": "x.jpg"}, {"path": "y.jpg"}]))
    assert found(source) == {"train": [("x", "jpg", "x.jpg", 0, None), ("y", "jpg", "y.jpg", 0, None)]}
    assert source.splits()["train"].classes == {"label": ("unlabelled",)}


@pytest.mark.parametrize(
    "labels, classes",
    [(["10", "9", "2"], ("2", "9", "10")), (["10", "9", "b"], ("9", "10", "b")), ([10, 9, 2], ("2", "9", "10"))],
)
def test_numbers_as_labels_are_in_their_order(tmp_path, labels, classes):
    rows = [{"path": f"{i}.jpg", "label": label} for i, label in enumerate(labels)]
    source = Table(write(tmp_path / ("t.parquet" if isinstance(labels[0], int) else "t.csv"), rows))
    listing = source.splits()["train"]
    assert listing.classes["label"] == classes
    assert [classes[label] for _, _, _, label, _ in found(source)["train"]] == [str(label) for label in labels]


def test_paths_that_leave_the_root_are_read_but_never_name_anything(tmp_path):
    write(tmp_path / "up" / "there.csv", [{"path": "x.jpg"}])
    (tmp_path / "in").mkdir()
    file = text(tmp_path / "in", "path", "../up/x.jpg", f"{tmp_path}/up/x.jpg", "./../up/./x.jpg")
    names = [name for name, *_ in found(Table(file))["train"]]
    assert names == ["__/up/x", f"{str(tmp_path)[1:]}/up/x", "_/__/up/_/x"]


def test_equal_names_get_numbers(tmp_path):
    rows = [{"path": path} for path in ("a.b.jpg", "a_b.jpg", "a_b.png", "ü.jpg")]
    assert [name for name, *_ in found(Table(write(tmp_path / "t.csv", rows)))["train"]] == [
        "a_b", "a_b~1", "a_b~2", "ü",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "row, reason",
    [
        ("x.mp4,a,train,1", "has 4 fields, the header 5"),
        ("x.mp4,a,train,1,2,3", "has 6 fields, the header 5"),
        ("notes.txt,a,train,,", "names neither an image nor a video: 'notes.txt'"),
        (",a,train,,", "names neither an image nor a video: ''"),
        ("\0.mp4,a,train,,", "names neither an image nor a video: '\\x00.mp4'"),
        ("x.mp4,,train,,", "has no label"),
        ("x.mp4,a, ,,", "has no split"),
        ("x.mp4,a,train,one,2", "could not convert string to float: 'one'"),
        ("x.mp4,a,train,1,", "could not convert string to float: ''"),
        ("x.mp4,a,train,2,2", "has a segment from 2 s to 2 s"),
        ("x.mp4,a,train,-1,2", "has a segment from -1 s to 2 s"),
        ("x.mp4,a,train,0,inf", "has a segment from 0 s to inf s"),
        ("x.mp4,a,train,nan,2", "has a segment from nan s to 2 s"),
        ("x.jpg,a,train,1,2", "gives an image a segment"),
    ],
)
def test_a_row_that_makes_no_sense_is_rejected_with_its_number(tmp_path, row, reason):
    file = text(tmp_path, "path,label,split,start,end", "ok.mp4,a,train,,", "", row, "ok.mp4,b,val,nan,nan")
    listings = Table(file).splits()
    assert {split: len(listing.items) for split, listing in listings.items()} == {"train": 1, "val": 1}
    assert [(one.name, one.reason) for one in listings["train"].rejected] == [
        ("t_csv row 4", f"row 4 of t.csv {reason}")
    ]
    assert not listings["val"].rejected


def test_a_file_that_is_not_there_is_found_missing_when_it_is_fetched(tmp_path):
    source = Table(text(tmp_path, "path", "gone.jpg"))
    with pytest.raises(FileNotFoundError):
        next(source.samples(source.splits()["train"].items[0]))


def test_bytes_are_fetched_by_row_group(tmp_path, monkeypatch):
    rows = [{"bytes": b"%d" % i, "label": i % 2, "split": "test" if i == 4 else "train"} for i in range(5)]
    source = Table(write(tmp_path / "t.parquet", rows), extension="jpg")
    assert found(source) == {
        "train": [(f"{i // 2:06d}/{i % 2:08d}", "jpg", str(i), i % 2, None) for i in range(4)],
        "test": [("000002/00000000", "jpg", "4", 0, None)],
    }
    opened = []
    monkeypatch.setattr(
        "shards.sources.parquet.open_parquet", lambda file: opened.append(file) or parquet.ParquetFile(file)
    )
    again = Table(write(tmp_path / "u.parquet", rows), extension="jpg")
    for item in again.splits()["train"].items:
        next(again.samples(item))
    assert len(opened) == 2 + 2  # once for the names, once for the rows, once per row group


def test_a_structure_of_bytes_and_path_is_read_as_hugging_face_writes_it(tmp_path):
    rows = [{"image": {"bytes": b"one", "path": "one.png"}, "label": 3}, {"image": None, "label": 5}]
    source = Table(write(tmp_path / "t.parquet", rows), content="image.bytes", extension="png")
    items = source.splits()["train"].items
    assert [(s.media, s.label) for s in source.samples(items[0])] == [({"png": b"one"}, 0)]
    with pytest.raises(Refusal, match="column 'image.bytes' has no bytes in row 1 of row group 0"):
        next(source.samples(items[1]))


def test_named_bytes_go_before_paths(tmp_path):
    file = write(tmp_path / "t.parquet", [{"path": "x.jpg", "raw": b"raw"}])
    assert [content for _, _, content, *_ in found(Table(file))["train"]] == ["x.jpg"]
    assert [content for _, _, content, *_ in found(Table(file, content="raw", extension="jpg"))["train"]] == ["raw"]


def test_parquet_rows_without_any_other_column_are_listed(tmp_path):
    source = Table(write(tmp_path / "t.parquet", [{"bytes": b"a"}, {"bytes": b"b"}, {"bytes": b"c"}]), extension="jpg")
    assert [content for _, _, content, *_ in found(source)["train"]] == ["a", "b", "c"]


def test_a_parquet_row_without_label_is_rejected_with_its_group(tmp_path):
    rows = [{"path": f"{i}.jpg", "label": None if i == 3 else "a"} for i in range(5)]
    assert reasons(Table(write(tmp_path / "t.parquet", rows))) == ["row 1 of row group 1 of t.parquet has no label"]


def test_without_pyarrow_parquet_is_refused_and_csv_is_read(tmp_path, monkeypatch):
    file = write(tmp_path / "t.parquet", [{"path": "x.jpg"}])
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(Refusal, match=r't.parquet needs pyarrow; install it by: pip install "antipodal\[parquet\]"'):
        Table(file).splits()
    assert found(Table(text(tmp_path, "path", "x.jpg")))


@pytest.mark.parametrize(
    "options, lines, message",
    [
        ({}, ["path", "http://a.b/c.jpg"], r"row 2 names a URL \(http://a.b/c.jpg\); download the files"),
        ({}, ["path", "S3://b/c.jpg"], "names a URL"),
        ({}, ["file,label", "x.jpg,a"], "no column of paths: .* has file, label; name it by --path"),
        ({}, ["bytes,label", "x,a"], "no column of paths"),
        ({"label": "what"}, ["path,label", "x.jpg,a"], "no column 'what', which --label names: .* has path, label"),
        ({}, ["path,start", "x.mp4,1"], "needs --start and --end, and one of the two columns is missing"),
        ({}, ["path", "x.jpg", "y.mp4"], "mixes .*'image': 1, 'video': 1.* a table of their own"),
        ({}, ["path", "x.txt"], "no row that can be used, such as: row 2 of t.csv names neither"),
        ({}, ["path"], "has no row that can be used$"),
        ({}, [], "is empty; fetch it again"),
        ({}, ["path,split"] + [f"x.jpg,{i}" for i in range(102)], "more than 100 splits, such as '100'; name another"),
        ({}, ["path", '"' + 200_000 * "x"], "is broken after row 1 .* quote that is never closed"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path, options, lines, message):
    with pytest.raises(Refusal, match=message):
        Table(text(tmp_path, *lines), **options).splits()


def test_other_files_are_refused(tmp_path):
    with pytest.raises(Refusal, match="t.xlsx is no .csv, .tsv, .parquet or .pq; convert it"):
        Table(text(tmp_path, "path", name="t.xlsx")).splits()
    with pytest.raises(Refusal, match="cannot read .*gone.csv .No such file or directory.; check the path"):
        Table(tmp_path / "gone.csv").splits()
    with pytest.raises(Refusal, match="t.parquet is no whole Parquet file"):
        Table(text(tmp_path, "path", "x.jpg", name="t.parquet")).splits()
    with pytest.raises(Refusal, match="--extension '' is no image or video; say what 'bytes' is"):
        Table(write(tmp_path / "b.parquet", [{"bytes": b"x"}])).splits()
