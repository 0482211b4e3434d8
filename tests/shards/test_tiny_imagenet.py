"""Tiny ImageNet is the same from its zip and unpacked; what its tables and folders disagree on is told."""

import zipfile
from pathlib import Path

import pytest

from shards.refusal import Refusal
from shards.sources import tiny_imagenet
from shards.sources.tiny_imagenet import TinyImageNet
from tests.shards.conftest import picture

CLASSES = ("n02124075", "n01443537", "n04067472")  # the order of the official list is not sorted
TRAIN = {f"train/{wnid}/images/{wnid}_{i}.JPEG": picture(i) for wnid in CLASSES for i in range(2)}
TRUE = {"val_0.JPEG": "n04067472", "val_1.JPEG": "n01443537"}
VAL = {f"val/images/{file}": picture(10 + i) for i, file in enumerate(TRUE)}


def files(**changes: str | bytes | None) -> dict[str, bytes]:
    """The official layout. Changes name a file with ``__`` for a slash and ``_dot_`` for a dot; ``None`` removes it."""
    boxes = {f"train/{wnid}/{wnid}_boxes.txt": f"{wnid}_0.JPEG\t0\t10\t63\t58\n".encode() for wnid in CLASSES}
    every = {
        "wnids.txt": "\n".join([*CLASSES, ""]).encode(),
        "words.txt": b"n00001740\tentity\n",
        **TRAIN, **boxes, **VAL,
        "val/val_annotations.txt": "".join(f"{f}\t{w}\t0\t32\t44\t62\n" for f, w in TRUE.items()).encode(),
        "test/images/test_0.JPEG": picture(30),
    }  # fmt: skip
    for name, content in changes.items():
        path = name.replace("__", "/").replace("_dot_", ".")
        if content is None:
            del every[path]
        else:
            every[path] = content.encode() if isinstance(content, str) else content
    return every


def put(folder: Path, content: dict[str, bytes]) -> Path:
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def pack(file: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        archive.mkdir("tiny-imagenet-200")
        for name, data in content.items():
            archive.writestr(f"tiny-imagenet-200/{name}", data, zipfile.ZIP_DEFLATED)
    return file


def found(root: Path) -> dict[str, dict[str, tuple[bytes, int]]]:
    source = TinyImageNet(root)
    samples = {split: [s for item in listing.items for s in source.samples(item)]
               for split, listing in source.splits().items()}  # fmt: skip
    return {split: {s.name: (s.media["jpeg"], s.label) for s in every} for split, every in samples.items()}


def reasons(root: Path) -> dict[str, str]:
    """What was left out of each split, but for the splits' sizes, which no miniature has."""
    return {one.name: one.reason for listing in TinyImageNet(root).splits().values() for one in listing.rejected
            if one.name not in ("train", "val")}  # fmt: skip


@pytest.mark.parametrize("where", ["", "tiny-imagenet-200", "tiny-imagenet-200.zip"])
@pytest.mark.parametrize("pointed", [True, False])
def test_every_layout_gives_the_same_samples(tmp_path, where, pointed):
    at = pack(tmp_path / where, files()) if where.endswith(".zip") else put(tmp_path / where, files())
    names = sorted(CLASSES)
    assert found(at if pointed else tmp_path) == {
        "train": {Path(path).stem: (content, names.index(path.split("/")[1])) for path, content in TRAIN.items()},
        "val": {Path(p).stem: (c, names.index(w)) for (p, c), w in zip(VAL.items(), TRUE.values(), strict=True)},
    }
    assert {listing.classes["label"] for listing in TinyImageNet(at).splits().values()} == {tuple(names)}
    assert not reasons(at)


def test_a_part_says_how_much_is_missing_and_the_whole_says_nothing(tmp_path, monkeypatch):
    put(tmp_path, files())
    assert [one.reason for listing in TinyImageNet(tmp_path).splits().values() for one in listing.rejected] == [
        "6 images are here, officially there are 100,000: 99,994 are missing",
        "2 images are here, officially there are 10,000: 9,998 are missing",
    ]
    monkeypatch.setattr(tiny_imagenet, "OFFICIAL", {"train": 6, "val": 2})
    assert not [one for listing in TinyImageNet(tmp_path).splits().values() for one in listing.rejected]


def test_images_and_rows_that_do_not_fit_are_told(tmp_path):
    put(tmp_path, files(val__images__val_1_dot_JPEG=None, val__images__val_7_dot_JPEG=b"x",
                        train__n00000001__images__a_dot_JPEG=b"x"))  # fmt: skip
    with (tmp_path / "val/val_annotations.txt").open("a") as table:
        table.write("val_0.JPEG\tn01443537\t0\t0\t1\t1\n\n")
    assert reasons(tmp_path) == {
        "val_1_JPEG": "val_annotations.txt names 'val_1.JPEG', which is not in val/images",
        "val/images/val_7_JPEG": "has no class in val_annotations.txt",
        "train/n00000001/images/a_JPEG": "of no class: 'n00000001' is not in wnids.txt",
        "val_0_JPEG": "val_annotations.txt names 'val_0.JPEG' a second time",
    }


def test_a_row_without_a_class_is_told(tmp_path):
    put(tmp_path, files(val__val_annotations_dot_txt="val_0.JPEG\nval_1.JPEG\tn01443537\n"))
    assert reasons(tmp_path) == {"val/images/val_0_JPEG": "of no class: '' is not in wnids.txt"}


@pytest.mark.parametrize("keep", [0.5, 0.99])
def test_a_cut_zip_is_refused(tmp_path, keep):
    file = pack(tmp_path / "tiny-imagenet-200.zip", files())
    file.write_bytes(file.read_bytes()[: int(keep * file.stat().st_size)])
    with pytest.raises(Refusal, match="is no whole zip .*; fetch it again"):
        TinyImageNet(tmp_path).splits()


def test_a_damaged_image_in_the_zip_costs_itself_only(tmp_path):
    file = pack(tmp_path / "tiny-imagenet-200.zip", files())
    content, name = bytearray(file.read_bytes()), b"n01443537_1.JPEG"
    content[content.index(name) + len(name) + 200] ^= 0xFF
    file.write_bytes(content)
    source, broken = TinyImageNet(tmp_path), []
    for item in source.splits()["train"].items:
        try:
            assert next(source.samples(item)).media["jpeg"] == TRAIN[item.path]
        except Refusal as refusal:
            broken.append(str(refusal))
    (reason,) = broken
    assert "n01443537_1.JPEG in" in reason and "is damaged" in reason


def test_images_of_one_name_stay_apart(tmp_path):
    put(tmp_path, files(train__n02124075__images__n01443537_0_dot_JPEG=b"x"))
    assert found(tmp_path)["train"].keys() >= {"n01443537_0", "n01443537_0~1"}


@pytest.mark.parametrize("path", ["wnids_dot_txt", "val__val_annotations_dot_txt"])
def test_a_missing_table_is_refused(tmp_path, path):
    file = pack(tmp_path / "tiny-imagenet-200.zip", files(**{path: None}))
    with pytest.raises(Refusal, match=f"has no {path.replace('__', '/').replace('_dot_', '.')}; fetch it again"):
        TinyImageNet(file).splits()


def test_a_split_without_images_is_refused(tmp_path):
    put(tmp_path, {path: content for path, content in files().items() if not path.startswith("val/images/")})
    with pytest.raises(Refusal, match="has no images in val; expected train/WNID/images"):
        TinyImageNet(tmp_path).splits()


@pytest.mark.parametrize("text", ["", "tench\n"])
def test_a_list_of_classes_that_makes_no_sense_is_refused(tmp_path, text):
    with pytest.raises(Refusal, match="wnids.txt in .* where a wnid such as n01440764 is expected"):
        TinyImageNet(put(tmp_path, files(wnids_dot_txt=text))).splits()


def test_a_folder_without_tiny_imagenet_is_refused_with_what_was_expected(tmp_path):
    with pytest.raises(Refusal, match="holds no Tiny ImageNet; expected tiny-imagenet-200.zip, or"):
        TinyImageNet(tmp_path).splits()
