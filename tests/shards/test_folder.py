"""A folder of class folders is found in every layout, as it lies or as a tar, and its names stay unique."""

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shards.refusal import Refusal
from shards.sources.folder import Folder

reuse = settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])


def plant(root: Path, *paths: str) -> Path:
    """Files whose content is their own path."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    return root


def pack(file: Path, *paths: str, prefix: str = "", mode: str = "w") -> Path:
    with tarfile.open(file, mode) as tar:
        for path in paths:
            member = tarfile.TarInfo(prefix + path)
            member.size = len(path.encode())
            tar.addfile(member, io.BytesIO(path.encode()))
    return file


def found(root: Path) -> dict[str, dict[str, tuple[str, str, int]]]:
    """By split and name: content, extension and label."""
    source, splits = Folder(root), {}
    for split, listing in source.splits().items():
        samples = [next(source.samples(item)) for item in listing.items]
        splits[split] = {s.name: (content.decode(), e, s.label) for s in samples for e, content in s.media.items()}
        assert len(splits[split]) == len(samples)
    return splits


def test_class_folders_alone_are_one_split(tmp_path):
    plant(tmp_path, "cat/1.jpg", "cat/deep/er/2.png", "ant/1.jpg")
    assert found(tmp_path) == {
        "train": {
            "ant/1": ("ant/1.jpg", "jpg", 0),
            "cat/1": ("cat/1.jpg", "jpg", 1),
            "cat/2": ("cat/deep/er/2.png", "png", 1),
        }
    }


@pytest.mark.parametrize("names", ["train val test", "training valid testing", "Train VALIDATION Test"])
def test_split_folders_are_recognised_by_name(tmp_path, names):
    plant(tmp_path, *(f"{name}/cat/{name}.jpg" for name in names.split()))
    assert {split: [*samples] for split, samples in found(tmp_path).items()} == {
        split: [f"cat/{name}"] for split, name in zip(("train", "val", "test"), names.split(), strict=True)
    }


def test_renditions_sketches_and_stylised_images_are_class_folders(tmp_path):
    """As ImageNet-R, ImageNet-Sketch and Stylized-ImageNet are unpacked."""
    wnids = ("n01443537", "n01484850")
    plant(tmp_path / "imagenet-r", "README.txt", *(f"{wnid}/art_0.jpg" for wnid in wnids))
    plant(tmp_path / "sketch", *(f"{wnid}/sketch_1.JPEG" for wnid in wnids))
    plant(tmp_path / "stylized", *(f"{split}/{wnid}/x.png" for split in ("train", "val") for wnid in wnids))
    for name, splits in (("imagenet-r", ["train"]), ("sketch", ["train"]), ("stylized", ["train", "val"])):
        found = Folder(tmp_path / name).splits()
        assert [*found] == splits
        assert all(each.classes == {"label": wnids} and len(each.items) == 2 for each in found.values())


def test_folders_with_other_names_are_classes(tmp_path):
    plant(tmp_path, "train/1.jpg", "plane/2.jpg")
    assert Folder(tmp_path).splits()["train"].classes == {"label": ("plane", "train")}


def test_files_beside_the_splits_do_not_turn_them_into_classes(tmp_path):
    plant(tmp_path, "train/cat/1.jpg", "val/cat/2.jpg", "README.md", "cover.jpg", "lists/train.txt", ".cache/x")
    assert found(tmp_path) == {"train": {"cat/1": ("train/cat/1.jpg", "jpg", 0)},
                               "val": {"cat/2": ("val/cat/2.jpg", "jpg", 0)}}  # fmt: skip


def test_a_class_has_the_same_index_in_every_split(tmp_path):
    plant(tmp_path, "train/ant/1.jpg", "train/cat/2.jpg", "val/bee/3.jpg", "val/cat/4.jpg")
    assert {listing.classes["label"] for listing in Folder(tmp_path).splits().values()} == {("ant", "bee", "cat")}
    assert {name: label for split in found(tmp_path).values() for name, (_, _, label) in split.items()} == {
        "ant/1": 0, "bee/3": 1, "cat/2": 2, "cat/4": 2,
    }  # fmt: skip


@pytest.mark.parametrize("prefix", ["", "./"])
def test_a_tar_gives_the_same_samples_as_its_folder(tmp_path, prefix):
    paths = ["train/cat/1.jpg", "train/ant/2.JPG", "val/cat/ü.png", f"val/cat/{30 * 'long'}.jpg", "notes.txt"]
    extracted, packed = plant(tmp_path / "folder", *paths), pack(tmp_path / "x.tar", *paths, prefix=prefix)
    assert found(extracted) == found(packed)


def test_dots_in_names_become_underscores(tmp_path):
    plant(tmp_path, "reed.bed/v1.2.final.jpg")
    assert [*found(tmp_path)["train"]] == ["reed_bed/v1_2_final"]
    assert Folder(tmp_path).splits()["train"].classes == {"label": ("reed.bed",)}


def test_upper_case_extensions_are_media(tmp_path):
    plant(tmp_path, "cat/1.JPG", "cat/2.JpEg")
    assert [extension for _, extension, _ in found(tmp_path)["train"].values()] == ["jpg", "jpeg"]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sets(st.from_regex(r"(a\.b|a_b)/(x/)?(a|a~2|a~3|a\.b|a_b|a_b~2|A)\.(jpg|JPG|png)", fullmatch=True), min_size=1)
)
def test_names_never_collide(tmp_path, paths):
    samples = found(pack(tmp_path / "x.tar", *sorted(paths)))["train"]
    assert {content for content, _, _ in samples.values()} == paths


def test_images_and_videos_together_are_refused(tmp_path):
    with pytest.raises(Refusal, match="mixes .*'image': 2, 'video': 1.* root of their own"):
        Folder(plant(tmp_path, "a/1.jpg", "a/2.jpg", "a/3.mp4")).splits()


@pytest.mark.parametrize("paths", [(), ("1.jpg",), ("a/notes.txt",), ("train/1.jpg", "val/2.jpg")])
def test_a_folder_without_class_folders_is_refused(tmp_path, paths):
    with pytest.raises(Refusal, match="no class folders with images or videos; expected ROOT/CLASS/FILE"):
        Folder(plant(tmp_path, *paths)).splits()


def test_a_root_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Refusal, match="nowhere is neither a folder nor a tar; check the path"):
        Folder(tmp_path / "nowhere").splits()


@pytest.mark.parametrize("mode", ["w:gz", "w:xz"])
def test_a_compressed_tar_is_refused(tmp_path, mode):
    with pytest.raises(Refusal, match="x.tgz is no whole, uncompressed tar .*unpack it"):
        Folder(pack(tmp_path / "x.tgz", "cat/1.jpg", mode=mode)).splits()


@reuse
@given(st.integers(0, 20 * 1024 + 511))
@example(10 * 1024)
def test_a_cut_tar_is_refused(tmp_path, length):
    whole = pack(tmp_path / "whole.tar", *(f"cat/{i}.jpg" for i in range(20))).read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[:length])
    with pytest.raises(Refusal, match="cut.tar is no whole"):
        Folder(tmp_path / "cut.tar").splits()


def test_a_folder_beside_splits_is_refused_by_name(tmp_path):
    for path in ("train/cat/a.jpg", "val/cat/b.jpg", "extra/cat/c.jpg"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_bytes(b"x")
    with pytest.raises(Refusal, match="others beside them \\(extra\\)"):
        Folder(tmp_path).splits()
