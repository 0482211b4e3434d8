"""ImageNet-C is found in every layout that its archives leave, and its splits have the same classes."""

import io
import tarfile
from pathlib import Path

import pytest

from shards.read import Shards
from shards.refusal import Refusal
from shards.sources import imagenet_c
from shards.sources.imagenet_c import ImageNetC
from tests.making import make_all
from tests.shards.conftest import picture

WNIDS = ("n01440764", "n01443537")
PATHS = [f"{c}/{s}/{w}/{k}.JPEG" for c in ("fog", "gaussian_noise") for s in (1, 5) for w in WNIDS for k in "ab"]


def plant(root: Path, paths: list[str]) -> Path:
    """Files whose content is their own path."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    return root


def found(root: Path) -> dict[str, dict[str, tuple[str, int]]]:
    """By split and name: the content's end and the label."""
    source = ImageNetC(root)
    every = {s: [x for item in each.items for x in source.samples(item)] for s, each in source.splits().items()}
    ends = {split: {x.name: ("/".join(x.media["jpeg"].decode().split("/")[-4:]), x.label) for x in samples}
            for split, samples in every.items()}  # fmt: skip
    return ends


EXPECTED = {
    f"{c}-{s}": {f"{w}/{k}": (f"{c}/{s}/{w}/{k}.JPEG", label) for label, w in enumerate(WNIDS) for k in "ab"}
    for c in ("fog", "gaussian_noise")
    for s in (1, 5)
}


@pytest.mark.parametrize("above", ["", "noise/", "Tiny-ImageNet-C/", "a/b/c/"])
def test_corruptions_are_found_at_any_depth(tmp_path, above):
    assert found(plant(tmp_path, [above + path for path in PATHS])) == EXPECTED
    assert [*ImageNetC(tmp_path).splits()] == [*EXPECTED]


def test_corruptions_below_several_parents_are_one_set(tmp_path):
    assert found(plant(tmp_path, [("weather/" if "fog" in path else "noise/") + path for path in PATHS])) == EXPECTED


def test_a_tar_is_read_in_place(tmp_path):
    with tarfile.open(tmp_path / "noise.tar", "w") as tar:
        for path in PATHS:
            member = tarfile.TarInfo(f"Tiny-ImageNet-C/{path}")
            member.size = len(member.name)
            tar.addfile(member, io.BytesIO(member.name.encode()))
    assert found(tmp_path / "noise.tar") == EXPECTED


def test_what_lies_elsewhere_is_counted_once(tmp_path):
    plant(tmp_path, [*PATHS, "fog/6/n01440764/c.JPEG", "fog/1/loose.JPEG", "cover.jpg", "README.txt"])
    splits = ImageNetC(tmp_path).splits()
    assert [*splits] == [*EXPECTED] and all(len(each.items) == 4 for each in splits.values())
    assert {one.name for one in splits["fog-1"].rejected} == {"fog/6/n01440764/c_JPEG", "fog/1/loose_JPEG", "cover_jpg"}
    assert not splits["fog-5"].rejected


def test_a_split_short_of_the_published_size_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(imagenet_c, "OFFICIAL", {2: 5})
    splits = ImageNetC(plant(tmp_path, PATHS)).splits()
    assert ["1 are missing" in each.rejected[0].reason for each in splits.values()] == [True] * 4


@pytest.mark.parametrize("paths", [[], ["n01440764/a.JPEG"], ["fog/0/n01440764/a.JPEG"]])
def test_a_folder_without_corruptions_is_refused(tmp_path, paths):
    with pytest.raises(Refusal, match="holds no corrupted images; expected CORRUPTION/1 … 5/CLASS"):
        ImageNetC(plant(tmp_path, paths)).splits()


def test_a_set_goes_through_the_making(tmp_path):
    for number, path in enumerate(PATHS):
        (tmp_path / "c" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "c" / path).write_bytes(picture(number))
    source = ImageNetC(tmp_path / "c")
    for split, listing in source.splits().items():
        make_all(source, listing, tmp_path / "out" / split, samples_per_shard=3)
    shards = Shards(tmp_path / "out" / "gaussian_noise-5")
    assert shards.manifest.classes == {"label": WNIDS} and sorted(shards.labels().tolist()) == [0, 0, 1, 1]
    where = {str(name): bytes(shards.media(number)) for number, name in enumerate(shards.index.name)}
    assert where["n01443537/b"] == picture(PATHS.index("gaussian_noise/5/n01443537/b.JPEG"))
