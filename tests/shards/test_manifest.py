"""The manifest says all that a data set is; where it is missing or unreadable, a sentence says what to type."""

import json
import re
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from shards.manifest import Manifest
from shards.read import Shards
from shards.refusal import Refusal
from shards.target import Local


@pytest.fixture
def copy(finished, tmp_path) -> Path:
    """A data set that a test may damage."""
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def refused(folder: Path, *words: str) -> None:
    with pytest.raises(Refusal, match=".*".join(map(re.escape, words))):
        Shards(folder)


def edit(folder: Path, **changes) -> None:
    file = folder / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_a_manifest_reads_as_it_was_saved(finished, tmp_path):
    manifest = Manifest.load(finished)
    manifest.save(Local(tmp_path))
    assert Manifest.load(tmp_path) == manifest
    assert manifest.classes == {"label": ("boat", "heron", "reed.bed")}
    assert [entry.samples for entry in manifest.shards] == [4, 4, 3]


NEW = {"kind": "video", "samples": 12, "classes": {"label": ("a",)}, "checked": ("dali 2",), "quarantined": 1,
       "made": {"recode": {"name": "H264"}}, "plan": "abc"}  # fmt: skip


@pytest.mark.parametrize("change", [*NEW, "shards"])
def test_the_fingerprint_covers_all_that_the_manifest_states(finished, change):
    manifest = Manifest.load(finished)
    stated = {name: getattr(manifest, name) for name in (*NEW, "shards")}
    assert stated.keys() | {"format_version"} == asdict(manifest).keys()
    assert Manifest(**stated).fingerprint == manifest.fingerprint
    other = {**NEW, "shards": manifest.shards[:2]}[change]
    assert Manifest(**stated | {change: other}).fingerprint != manifest.fingerprint


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"{}", b"\xff\xfe", b'{"format_version": 2}'])
def test_a_damaged_manifest_is_refused(copy, content):
    (copy / "manifest.json").write_bytes(content)
    refused(copy, f"{copy / 'manifest.json'} is not a readable manifest", "make the shards again")


@pytest.mark.parametrize("changes", [{"shards": [1]}, {"shards": [{}]}, {"classes": []}, {"colour": "red"}])
def test_a_manifest_with_other_entries_is_refused(copy, changes):
    edit(copy, **changes)
    refused(copy, "is not a readable manifest", "make the shards again")


@pytest.mark.parametrize("version", [0, 1, 3, "2", None])
def test_another_format_version_is_refused(copy, version):
    edit(copy, format_version=version)
    refused(copy, f"format {version}, this version reads 2", "make the shards again")


def test_a_manifest_that_miscounts_its_indexes_is_refused(copy):
    edit(copy, samples=12)
    with pytest.raises(Refusal, match="list 11 samples, the manifest 12; make the shards again"):
        _ = Shards(copy).index


def test_a_missing_folder_is_refused_with_the_command_that_makes_it(tmp_path):
    refused(tmp_path / "k400" / "train", f"no folder {tmp_path}/k400/train", f"make_shards.py --out {tmp_path}/k400")


def test_an_unfinished_data_set_is_refused(copy):
    (copy / "manifest.json").unlink()
    refused(copy, f"{copy} holds no manifest.json, so it is no finished data set", "tools/make_shards.py")


def test_the_folder_above_the_splits_is_refused_with_their_names(copy):
    for split in ("val", "train"):
        shutil.copytree(copy, copy.parent / "k400" / split)
    above = copy.parent / "k400"
    refused(above, f"{above} holds the data sets train, val; name one of them, such as {above / 'train'}")
