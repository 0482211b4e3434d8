"""STL-10's pictures stand upright and have their labels, with and without labels."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shards.refusal import Refusal
from shards.sources import stl10
from shards.sources.stl10 import STL10

NAMES = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")
LABELS = {"train": (1, 10, 3), "test": (7, 2)}


def pictures(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 96, 96, 3), dtype=np.uint8)


SEEN = {"train": pictures(3, 0), "test": pictures(2, 1), "unlabelled": pictures(4, 2)}


def planes(pixels: np.ndarray) -> bytes:
    """As the makers describe it: red, green, blue, and in each of them one column after the other."""
    return b"".join(pixels[:, column, channel].tobytes() for channel in range(3) for column in range(96))


def put(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for split, file in (("train", "train"), ("test", "test"), ("unlabelled", "unlabeled")):
        (folder / f"{file}_X.bin").write_bytes(b"".join(map(planes, SEEN[split])))
    for split, labels in LABELS.items():
        (folder / f"{split}_y.bin").write_bytes(bytes(labels))
    (folder / "class_names.txt").write_text("\n".join([*NAMES, ""]))
    (folder / "fold_indices.txt").write_text("0 1\n" * 10)
    return folder


@pytest.mark.parametrize("where", ["", "stl10_binary"])
def test_pictures_come_out_as_they_went_in(tmp_path, where):
    put(tmp_path / where)
    source = STL10(tmp_path)
    splits = source.splits()
    assert [*splits] == ["train", "test", "unlabelled"]
    for split, file in (("train", "train"), ("test", "test"), ("unlabelled", "unlabeled")):
        samples = [sample for item in splits[split].items for sample in source.samples(item)]
        assert [sample.name for sample in samples] == [f"{file}/{k:06d}" for k in range(len(SEEN[split]))]
        decoded = np.stack([np.asarray(Image.open(io.BytesIO(sample.media["png"]))) for sample in samples])
        assert np.array_equal(decoded, SEEN[split])
        assert [s.label for s in samples] == [label - 1 for label in LABELS.get(split, (1, 1, 1, 1))]
    assert splits["train"].classes == splits["test"].classes == {"label": NAMES}
    assert splits["unlabelled"].classes == {"label": ("unlabelled",)}


def test_a_part_says_how_much_is_missing_and_the_whole_says_nothing(tmp_path, monkeypatch):
    source = STL10(put(tmp_path))
    assert [one.reason for listing in source.splits().values() for one in listing.rejected] == [
        "3 images are here, officially there are 5,000: 4,997 are missing",
        "2 images are here, officially there are 8,000: 7,998 are missing",
        "4 images are here, officially there are 100,000: 99,996 are missing",
    ]
    monkeypatch.setattr(stl10, "OFFICIAL", {"train": 3, "test": 2, "unlabelled": 4})
    assert not [one for listing in source.splits().values() for one in listing.rejected]


@pytest.mark.parametrize("file", ["train_X.bin", "test_X.bin", "unlabeled_X.bin"])
@pytest.mark.parametrize("length", [27648 + 5, 0, None])
def test_a_cut_or_missing_file_is_refused(tmp_path, file, length):
    content = (put(tmp_path) / file).read_bytes()
    (tmp_path / file).unlink() if length is None else (tmp_path / file).write_bytes(content[:length])
    with pytest.raises(Refusal, match=f"has {length or 0} bytes of {file}, which must be some records of 27648"):
        STL10(tmp_path).splits()


def test_pictures_without_labels_are_refused(tmp_path):
    (put(tmp_path) / "test_y.bin").write_bytes(bytes([1]))
    with pytest.raises(Refusal, match="has 2 pictures in test_X.bin and 1 labels in test_y.bin; unpack"):
        STL10(tmp_path).splits()


@pytest.mark.parametrize("label", [0, 11])
def test_a_label_that_no_class_has_costs_its_record_only(tmp_path, label):
    (put(tmp_path) / "test_y.bin").write_bytes(bytes([4, label]))
    source = STL10(tmp_path)
    first, second = source.splits()["test"].items
    assert next(source.samples(first)).label == 3
    with pytest.raises(Refusal, match=f"record 1 of test_y.bin is {label}, expected 1 to 10"):
        next(source.samples(second))


def test_a_record_that_is_gone_since_is_refused(tmp_path):
    source = STL10(put(tmp_path))
    item = source.splits()["unlabelled"].items[3]
    (tmp_path / "unlabeled_X.bin").write_bytes(planes(SEEN["unlabelled"][0]))
    with pytest.raises(Refusal, match="unlabeled_X.bin ends within it"):
        next(source.samples(item))


@pytest.mark.parametrize("pointed", [True, False])
def test_the_archive_is_refused_with_the_command_that_unpacks_it(tmp_path, pointed):
    archive = tmp_path / "stl10_binary.tar.gz"
    archive.write_bytes(b"")
    with pytest.raises(Refusal, match=f"unpack it first: tar -xzf {archive} -C {tmp_path}$"):
        STL10(archive if pointed else tmp_path).splits()


def test_a_folder_without_stl10_is_refused_with_what_was_expected(tmp_path):
    with pytest.raises(Refusal, match="holds no STL-10; expected stl10_binary with class_names.txt, train_X.bin"):
        STL10(tmp_path).splits()
