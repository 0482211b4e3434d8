"""CIFAR's binary records come out as they went in, from the folder and from the archive; pickles are never opened."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shards.refusal import Refusal
from shards.sources import cifar
from shards.sources.cifar import Cifar

TEN = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FINE, COARSE = tuple(f"fine_{i}" for i in range(100)), tuple(f"coarse_{i}" for i in range(20))
BATCHES = (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin")


def pictures(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def record(pixels: np.ndarray, *labels: int) -> bytes:
    """Red, green and blue, each row by row, as the makers describe it."""
    return bytes(labels) + b"".join(pixels[:, :, channel].tobytes() for channel in range(3))


def ten() -> dict[str, bytes]:
    files = {file: b"".join(record(p, (i + k) % 10) for k, p in enumerate(pictures(3, i)))
             for i, file in enumerate(BATCHES)}  # fmt: skip
    return files | {"batches.meta.txt": ("\n".join(TEN) + "\n\n").encode(), "readme.html": b"<html>"}


def hundred() -> dict[str, bytes]:
    files = {file: b"".join(record(p, k, 10 * k + 9) for k, p in enumerate(pictures(4, i)))
             for i, file in enumerate(("train.bin", "test.bin"))}  # fmt: skip
    return files | {"fine_label_names.txt": "\n".join([*FINE, ""]).encode(),
                    "coarse_label_names.txt": "\n".join([*COARSE, ""]).encode()}  # fmt: skip


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def pack(file: Path, files: dict[str, bytes], folder: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file


def found(root: Path) -> dict[str, dict[str, tuple[np.ndarray, int, dict[str, int]]]]:
    source = Cifar(root)
    samples = {split: [s for item in listing.items for s in source.samples(item)]
               for split, listing in source.splits().items()}  # fmt: skip
    return {split: {s.name: (np.asarray(Image.open(io.BytesIO(s.media["png"]))), s.label, dict(s.facts)) for s in every}
            for split, every in samples.items()}  # fmt: skip


@pytest.mark.parametrize("where", ["", "cifar-10-batches-bin", "cifar-10-binary.tar.gz"])
@pytest.mark.parametrize("pointed", [True, False])
def test_cifar_10_comes_out_as_it_went_in(tmp_path, where, pointed):
    at = tmp_path / where
    pack(at, ten(), "cifar-10-batches-bin") if where.endswith(".gz") else put(at, ten())
    splits = found(at if pointed else tmp_path)
    assert [len(splits["train"]), len(splits["test"])] == [15, 3]
    for number, file in enumerate(BATCHES):
        for k, pixels in enumerate(pictures(3, number)):
            split = "test" if number == 5 else "train"
            decoded, label, facts = splits[split][f"{file[:-4]}/{k:05d}"]
            assert np.array_equal(decoded, pixels)
            assert (label, facts) == ((number + k) % 10, {})
    assert Cifar(tmp_path).splits()["test"].classes == {"label": TEN}


@pytest.mark.parametrize("packed", [True, False])
def test_cifar_100_keeps_both_its_labels(tmp_path, packed):
    if packed:
        pack(tmp_path / "cifar-100-binary.tar.gz", hundred(), "cifar-100-binary")
    else:
        put(tmp_path / "cifar-100-binary", hundred())
    splits = found(tmp_path)
    for number, split in enumerate(("train", "test")):
        for k, pixels in enumerate(pictures(4, number)):
            decoded, label, facts = splits[split][f"{split}/{k:05d}"]
            assert np.array_equal(decoded, pixels)
            assert (label, facts) == (10 * k + 9, {"coarse": k})
    assert [*Cifar(tmp_path).splits()["train"].classes.items()] == [("label", FINE), ("coarse", COARSE)]


def test_a_picture_is_the_same_bytes_each_time(tmp_path):
    source = Cifar(put(tmp_path, ten()))
    item = source.splits()["train"].items[0]
    assert next(source.samples(item)).media == next(source.samples(item)).media


def test_a_part_of_cifar_says_how_much_is_missing_and_the_whole_says_nothing(tmp_path, monkeypatch):
    put(tmp_path, ten())
    assert [one.reason for one in Cifar(tmp_path).splits()["test"].rejected] == [
        "3 images are here, officially there are 10,000: 9,997 are missing"
    ]
    monkeypatch.setattr(cifar, "OFFICIAL", {"train": 15, "test": 2})
    assert [[one.reason for one in listing.rejected] for listing in Cifar(tmp_path).splits().values()] == [
        [], ["3 images are here, officially there are 2: 1 are too many"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "file, length", [("data_batch_4.bin", 3073 + 3072), ("test_batch.bin", 0), ("test_batch.bin", None)]
)
@pytest.mark.parametrize("packed", [True, False])
def test_a_cut_or_missing_file_is_refused(tmp_path, file, length, packed):
    files = ten()
    files[file] = files[file][:length]
    if length is None:
        del files[file]
    if packed:
        pack(tmp_path / "cifar-10-binary.tar.gz", files, "cifar-10-batches-bin")
    else:
        put(tmp_path, files)
    with pytest.raises(Refusal, match=f"has {length or 0} bytes of {file}, which must be some records of 3073; fetch"):
        Cifar(tmp_path).splits()


@pytest.mark.parametrize("damage", ["cut", "text"])
def test_a_damaged_archive_is_refused(tmp_path, damage):
    file = pack(tmp_path / "cifar-10-binary.tar.gz", ten(), "cifar-10-batches-bin")
    file.write_bytes(file.read_bytes()[:-9000] if damage == "cut" else b"<html>404")
    with pytest.raises(Refusal, match="is no whole gzipped tar .*fetch it again"):
        Cifar(tmp_path).splits()


def test_a_label_that_no_class_has_costs_its_record_only(tmp_path):
    files = hundred()
    files["test.bin"] = b"\x14" + files["test.bin"][1:]
    source = Cifar(put(tmp_path, files))
    items = source.splits()["test"].items
    with pytest.raises(Refusal, match="record 0 of test.bin has coarse 20, which no class has"):
        next(source.samples(items[0]))
    assert next(source.samples(items[1])).label == 19


def test_a_record_that_is_gone_since_is_refused(tmp_path):
    source = Cifar(put(tmp_path, ten()))
    item = source.splits()["test"].items[2]
    (tmp_path / "test_batch.bin").write_bytes(ten()["test_batch.bin"][:-1])
    with pytest.raises(Refusal, match="test_batch.bin ends within it"):
        next(source.samples(item))


def test_other_class_names_than_ten_are_refused(tmp_path):
    with pytest.raises(Refusal, match="has 9 class names in batches.meta.txt, expected 10"):
        Cifar(put(tmp_path, ten() | {"batches.meta.txt": "\n".join(TEN[1:]).encode()})).splits()


@pytest.mark.parametrize("name", cifar.PICKLES)
@pytest.mark.parametrize("pointed", [True, False])
def test_pickles_are_refused_unopened(tmp_path, name, pointed):
    (tmp_path / name).write_bytes(b"cos\nsystem\n(S'exit 1'\ntR.")
    version = name.split("-")[1]
    with pytest.raises(Refusal, match=f"{name} is a pickle.*fetch cifar-{version}-binary.tar.gz instead"):
        Cifar(tmp_path / name if pointed else tmp_path).splits()


def test_two_versions_in_one_folder_are_refused(tmp_path):
    put(tmp_path / "cifar-10-batches-bin", ten())
    pack(tmp_path / "cifar-100-binary.tar.gz", hundred(), "cifar-100-binary")
    with pytest.raises(Refusal, match="holds CIFAR-10 and CIFAR-100; name one, as in --root .*cifar-10-batches-bin"):
        Cifar(tmp_path).splits()


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_a_folder_without_cifar_is_refused_with_what_was_expected(tmp_path, name):
    with pytest.raises(Refusal, match="holds no CIFAR; expected cifar-10-batches-bin, .* or cifar-100-binary.tar.gz"):
        Cifar(tmp_path / name).splits()


def test_another_archive_is_refused(tmp_path):
    with pytest.raises(Refusal, match="has no batches.meta.txt or fine_label_names.txt"):
        Cifar(pack(tmp_path / "x.tar.gz", {"a": b"b"}, "x")).splits()
