"""ImageNet gives the same samples however it lies there, and never silently fewer than there should be."""

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from shards.media import examine
from shards.refusal import Refusal
from shards.sources import imagenet
from shards.sources.devkit import META, TRUTH
from shards.sources.imagenet import ImageNet
from tests.shards.conftest import photo, picture

CLASSES = ["n02105855", "n01440764", "n09229709"]  # in the order of their numbers, which is not that of their names
SEEN = {"n09229709": ["n09229709_1"], "n01440764": ["n01440764_18", "n01440764_36"], "n02105855": ["n02105855_2933"]}
TRUE = ["n09229709", "n01440764", "n02105855", "n01440764"]
CUT = r"is no whole, uncompressed tar .*; unpack it or fetch it again"


def cmyk() -> bytes:
    file = io.BytesIO()
    Image.fromarray(photo(24, 32, 5)).convert("CMYK").save(file, "JPEG")
    return file.getvalue()


TRAIN = {name: picture(i) for i, name in enumerate(sum(SEEN.values(), []))}
TRAIN |= {"n02105855_2933": picture(7, form="PNG"), "n01440764_36": cmyk()}  # as in the real one
VAL = {f"ILSVRC2012_val_{i:08d}": picture(20 + i) for i in range(1, len(TRUE) + 1)}


def tar(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def meta(compress: bool = True) -> bytes:
    """The table of the devkit: 1000 low-level synsets, then those above them, whose numbers mean nothing to images."""
    fields = ("ILSVRC2012_ID", "WNID", "words", "gloss", "num_children", "children", "wordnet_height",
              "num_train_images")  # fmt: skip
    synsets = np.zeros((len(CLASSES) + 1, 1), [(field, object) for field in fields])
    for i, wnid in enumerate(CLASSES):
        synsets[i, 0] = (float(i + 1), wnid, f"word {i}, other", "it is", 0.0, np.zeros((1, 0)), 0.0, 1300.0)
    synsets[-1, 0] = (
        float(len(CLASSES) + 1),
        "n00001740",
        "entity",
        "all",
        3.0,
        np.array([[1.0, 2.0, 3.0]]),
        19.0,
        0.0,
    )
    file = io.BytesIO()
    savemat(file, {"synsets": synsets}, do_compression=compress)
    return file.getvalue()


def devkit(numbers: list[str]) -> dict[str, bytes]:
    return {f"ILSVRC2012_devkit_t12/{TRUTH}": "\n".join([*numbers, ""]).encode(),
            f"ILSVRC2012_devkit_t12/{META}": meta()}  # fmt: skip


NUMBERS = [str(CLASSES.index(wnid) + 1) for wnid in TRUE]


def put(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def official() -> dict[str, bytes]:
    inner = {f"{wnid}.tar": tar({f"{name}.JPEG": TRAIN[name] for name in names}) for wnid, names in SEEN.items()}
    return {"ILSVRC2012_img_train.tar": tar(inner),
            "ILSVRC2012_img_val.tar": tar({f"{name}.JPEG": content for name, content in VAL.items()}),
            "ILSVRC2012_devkit_t12.tar.gz": gzip.compress(tar(devkit(NUMBERS)))}  # fmt: skip


def folders(base: str = "") -> dict[str, bytes]:
    files = {f"{base}train/{wnid}/{name}.JPEG": TRAIN[name] for wnid, names in SEEN.items() for name in names}
    return files | {f"{base}val/{name}.JPEG": content for name, content in VAL.items()}


def classed() -> dict[str, bytes]:
    found = {path: content for path, content in folders().items() if path.startswith("train")}
    return found | {f"val/{w}/{name}.JPEG": c for w, (name, c) in zip(TRUE, VAL.items(), strict=True)}


def kaggle(solution: str = "") -> dict[str, bytes]:
    rows = [f"{name},{wnid} 1 2 3 4 {wnid} 5 6 7 8 \n" for name, wnid in zip(VAL, TRUE, strict=True)]
    table = "ImageId,PredictionString\n" + "".join(rows[::-1]) + solution
    return folders("ILSVRC/Data/CLS-LOC/") | {"LOC_val_solution.csv": table.encode()}


LAYOUTS = {
    "official": official(),
    "official, devkit unpacked": {k: v for k, v in official().items() if "devkit" not in k} | devkit(NUMBERS),
    "folders": classed(),
    "folders, val flat": folders() | devkit(NUMBERS),
    "kaggle": kaggle(),
    "tars beside what was unpacked of them": official() | {"train/n01440764/n01440764_18.JPEG": b"half"},
}


def found(source: ImageNet) -> dict[str, dict[str, tuple[bytes, int]]]:
    splits = {}
    for split, listing in source.splits().items():
        samples = [sample for item in listing.items for sample in source.samples(item)]
        splits[split] = {s.name: (s.media["jpeg"], s.label) for s in samples}
        assert len(splits[split]) == len(samples)
    return splits


def reasons(source: ImageNet) -> dict[str, str]:
    """What was left out of each split, but for the splits' sizes, which no miniature has."""
    return {f"{split} {one.name}": one.reason for split, listing in source.splits().items()
            for one in listing.rejected if one.name not in ("train", "val")}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_samples(tmp_path, layout):
    source = ImageNet(put(tmp_path, LAYOUTS[layout]))
    names = sorted(CLASSES)
    assert found(source) == {
        "train": {name: (content, names.index(name[:9])) for name, content in TRAIN.items()},
        "val": {name: (content, names.index(wnid)) for (name, content), wnid in zip(VAL.items(), TRUE, strict=True)},
    }
    assert {listing.classes["label"] for listing in source.splits().values()} == {tuple(names)}
    assert not reasons(source)


def test_odd_pictures_are_kept_as_they_are_and_can_be_read(tmp_path):
    train = found(ImageNet(put(tmp_path, official())))["train"]
    assert Image.open(io.BytesIO(train["n01440764_36"][0])).mode == "CMYK"
    assert Image.open(io.BytesIO(train["n02105855_2933"][0])).format == "PNG"
    assert {examine("jpeg", content).height for content, _ in train.values()} == {24}


@pytest.mark.parametrize("compress", [True, False])
def test_the_devkit_is_read_compressed_or_not(tmp_path, compress):
    files = folders() | devkit(NUMBERS) | {f"ILSVRC2012_devkit_t12/{META}": meta(compress)}
    assert not reasons(ImageNet(put(tmp_path, files)))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_chosen_classes_are_numbered_anew_and_the_others_are_no_loss(tmp_path, layout, monkeypatch):
    monkeypatch.setattr(imagenet, "PER_CLASS", {"train": (1, 2), "val": (1, 2)})
    (tmp_path / "two.txt").write_text("n09229709 bubble\n\nn01440764 tench, Tinca tinca\n")
    source = ImageNet(put(tmp_path / "root", LAYOUTS[layout]), tmp_path / "two.txt")
    assert {name: label for name, (_, label) in found(source)["train"].items()} == {
        "n01440764_18": 0, "n01440764_36": 0, "n09229709_1": 1,
    }  # fmt: skip
    assert {n: label for n, (_, label) in found(source)["val"].items()} == {
        "ILSVRC2012_val_00000001": 1, "ILSVRC2012_val_00000002": 0, "ILSVRC2012_val_00000004": 0,
    }  # fmt: skip
    assert {listing.classes["label"] for listing in source.splits().values()} == {("n01440764", "n09229709")}
    assert not [one for listing in source.splits().values() for one in listing.rejected]


@pytest.mark.parametrize(
    "text, reason",
    [("n01440764\nn00000001\n", "names n00000001 .* has no image; correct the list"), ("tench\n", "has 'tench' where"),
     ("\n", "has 'nothing' where"), (None, "is no file; give one")],
)  # fmt: skip
def test_a_list_of_classes_that_makes_no_sense_is_refused(tmp_path, text, reason):
    if text is not None:
        (tmp_path / "list.txt").write_text(text)
    with pytest.raises(Refusal, match=reason):
        ImageNet(put(tmp_path, classed()), tmp_path / "list.txt").splits()


def test_a_chosen_class_that_is_not_whole_is_told(tmp_path):
    (tmp_path / "one.txt").write_text("n01440764")
    source = ImageNet(put(tmp_path, classed()), tmp_path / "one.txt")
    assert reasons(source) == {
        "train n01440764": "2 images of this class are in train, officially 732 to 1300",
        "val n01440764": "2 images of this class are in val, officially 50 to 50",
    }


def test_validation_images_of_other_classes_may_be_gone(tmp_path, monkeypatch):
    monkeypatch.setattr(imagenet, "PER_CLASS", {"train": (1, 2), "val": (1, 2)})
    (tmp_path / "one.txt").write_text("n01440764")
    files = folders() | devkit(NUMBERS)
    del files["val/ILSVRC2012_val_00000003.JPEG"]  # a n02105855
    assert not reasons(ImageNet(put(tmp_path, files), tmp_path / "one.txt"))


def test_a_part_of_imagenet_says_how_much_is_missing(tmp_path):
    splits = ImageNet(put(tmp_path, official())).splits()
    said = [listing.rejected[-1].reason for listing in splits.values()]
    assert said == ["4 images are here, officially there are 1,281,167: 1,281,163 are missing",
                    "4 images are here, officially there are 50,000: 49,996 are missing"]  # fmt: skip


@pytest.mark.parametrize("chosen", [False, True])
def test_all_classes_with_all_images_are_whole_and_one_missing_image_is_told(tmp_path, monkeypatch, chosen):
    monkeypatch.setattr(imagenet, "OFFICIAL", {"train": 1001, "val": 0})
    wnids = [f"n{i:08d}" for i in range(1000)]
    put(tmp_path, {f"train/{wnid}/{wnid}_1.JPEG": b"" for wnid in wnids} | {f"train/{wnids[5]}/2.JPEG": b""})
    (tmp_path / "all.txt").write_text("\n".join(wnids))
    source = ImageNet(tmp_path, tmp_path / "all.txt" if chosen else None)
    assert source.splits()["train"].rejected == ()
    (tmp_path / f"train/{wnids[5]}/2.JPEG").unlink()
    assert [one.reason for one in source.splits()["train"].rejected] == [
        "1,000 images are here, officially there are 1,001: 1 are missing"
    ]


@pytest.mark.parametrize("cut", ["train", "val", "class"])
def test_a_cut_archive_is_refused(tmp_path, cut):
    files = official()
    if cut == "class":  # the outer tar is whole
        inner = tar({"n01440764_18.JPEG": TRAIN["n01440764_18"]})
        files["ILSVRC2012_img_train.tar"] = tar({"n01440764.tar": inner[:1024]})
    else:
        name = f"ILSVRC2012_img_{cut}.tar"
        files[name] = files[name][: len(files[name]) // 2]
    with pytest.raises(Refusal, match=CUT):
        ImageNet(put(tmp_path, files)).splits()


def test_strangers_in_the_archives_are_told(tmp_path):
    files = official() | {"ILSVRC2012_img_train.tar": tar({
        "n01440764.tar": tar({"n01440764_18.JPEG": TRAIN["n01440764_18"]}), "README.tar": b"no tar"})}  # fmt: skip
    assert reasons(ImageNet(put(tmp_path, files))) == {"train README_tar": "no class's tar in ILSVRC2012_img_train.tar"}


def test_images_outside_class_folders_are_told(tmp_path):
    files = classed() | {"train/.DS_Store": b"", "train/lists/a.JPEG": b"", "train/b.JPEG": b""}
    assert reasons(ImageNet(put(tmp_path, files))) == {
        "train train/b_JPEG": "of no class: 'train' is no wnid (n and eight digits)",
        "train train/lists/a_JPEG": "of no class: 'lists' is no wnid (n and eight digits)",
    }


def test_a_missing_validation_image_and_one_without_truth_are_told(tmp_path):
    files = folders() | devkit(NUMBERS)
    files["val/ILSVRC2012_val_00000009.JPEG"] = files.pop("val/ILSVRC2012_val_00000003.JPEG")
    assert reasons(ImageNet(put(tmp_path, files))) == {
        "val val/ILSVRC2012_val_00000009_JPEG": "of no class: '' is no wnid (n and eight digits)",
        "val ILSVRC2012_val_00000003": "is in the list of validation images, but not here",
    }


@pytest.mark.parametrize("row", [",n01440764 1 2 3 4\n", "ILSVRC2012_val_00000009,\n", "ILSVRC2012_val_00000009\n"])
def test_a_bad_row_of_kaggles_table_is_told(tmp_path, row):
    (reason,) = reasons(ImageNet(put(tmp_path, kaggle(row)))).values()
    assert reason == "a row of LOC_val_solution.csv names no image or no class"


def test_a_class_number_that_the_devkit_does_not_know_is_told(tmp_path):
    source = ImageNet(put(tmp_path, folders() | devkit([*NUMBERS[:3], "1001x"])))
    assert "line 4 of" in reasons(source)["val ILSVRC2012_val_00000004"]
    assert len(source.splits()["val"].items) == 3


def test_validation_images_of_unknown_classes_are_refused(tmp_path):
    with pytest.raises(Refusal, match="neither ILSVRC2012_devkit_t12.tar.gz nor LOC_val_solution.csv .*fetch one"):
        ImageNet(put(tmp_path, folders())).splits()


@pytest.mark.parametrize("damage", ["meta", "archive", "archive without it"])
def test_a_damaged_devkit_is_refused(tmp_path, damage):
    files = folders() | devkit(NUMBERS)
    if damage == "meta":
        files[f"ILSVRC2012_devkit_t12/{META}"] = meta()[:300]
    else:
        kit = devkit(NUMBERS)
        files = folders() | {"ILSVRC2012_devkit_t12.tar.gz": gzip.compress(tar(kit))[:500]
                             if damage == "archive" else gzip.compress(tar({"a": b""}))}  # fmt: skip
    with pytest.raises(Refusal, match="cannot be read .*fetch"):
        ImageNet(put(tmp_path, files)).splits()


def test_files_of_one_name_in_two_classes_stay_apart(tmp_path):
    put(tmp_path, {"train/n01440764/1.JPEG": b"a", "train/n09229709/1.JPEG": b"b"})
    assert found(ImageNet(tmp_path)) == {"train": {"1": (b"a", 0), "1~1": (b"b", 1)}}


def test_a_folder_without_imagenet_is_refused_with_what_was_expected(tmp_path):
    with pytest.raises(Refusal, match="ILSVRC2012_img_train.tar .*or train/WNID/.*or Kaggle's ILSVRC/Data/CLS-LOC/"):
        ImageNet(tmp_path).splits()
