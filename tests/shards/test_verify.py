"""However a finished data set is damaged, a full check finds it and names the shard; of a sound one it says nothing."""

import io
import json
import shutil
import tarfile
from collections import Counter
from contextlib import closing
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shards.files import sha256
from shards.index import Index
from shards.manifest import Manifest
from shards.refusal import Refusal
from shards.sample import Sample
from shards.sources.synthetic import Synthetic
from shards.target import Local
from shards.validate import Validator
from shards.verify import Fault, check_split
from shards.write import write_shard
from tests.making import make_all

SHARDS = ("000000", "000001", "000002")
FILES = [f"{shard}.{ending}" for shard in SHARDS for ending in ("tar", "index.npz")]
ALL = [*FILES, "manifest.json", "manifest.sha256"]
reuse = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)


@pytest.fixture
def copy(finished, tmp_path) -> Path:
    """A data set that a test may damage."""
    return Path(shutil.copytree(finished, tmp_path / "copy"))


@pytest.fixture(scope="module")
def facts(tmp_path_factory) -> Path:
    """A split of six videos with facts."""
    source, folder = Synthetic(medium="video", train=6, test=0), tmp_path_factory.mktemp("facts") / "train"
    make_all(source, source.splits()["train"], folder, 4, jobs=1)
    return folder


def faults(folder: Path, full: bool = True) -> list[Fault]:
    return check_split(folder, full).faults


def named(file: str) -> str:
    """What a fault of this file has to name."""
    return "manifest.json" if file.startswith("manifest") else file[:6]


def reseal(folder: Path, shard: str, index: Index | None = None) -> None:
    """Make all hashes and sizes agree with a damaged shard, as a faulty writer would have left it."""
    if index is not None:
        (folder / f"{shard}.index.npz").write_bytes(index.encoded())
    manifest, tar = Manifest.load(folder), folder / f"{shard}.tar"
    hashes = {"tar_sha256": sha256(tar), "index_sha256": sha256(folder / f"{shard}.index.npz")}
    entries = [replace(e, bytes=tar.stat().st_size, **hashes) if e.name == shard else e for e in manifest.shards]
    replace(manifest, shards=tuple(entries)).save(Local(folder))


def rewrite(folder: Path, change) -> None:
    """Write the members of shard 000001 anew, in the same order, after ``change`` has had the list."""
    tar = folder / "000001.tar"
    with tarfile.open(tar) as archive:
        members = [(member, archive.extractfile(member).read()) for member in archive]
    size = tar.stat().st_size
    change(members)
    with tar.open("wb") as stream, tarfile.open(fileobj=stream, mode="w|", format=tarfile.USTAR_FORMAT) as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    assert tar.stat().st_size >= size - 1024 * 20
    reseal(folder, "000001")


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("data", ["finished", "facts"])
def test_a_sound_data_set_has_no_fault(request, data, full):
    folder = request.getfixturevalue(data)
    told: list[int] = []
    split = check_split(folder, full, 2, told.append)
    assert split.faults == [] and list(split.indexes) == [entry.name for entry in split.manifest.shards]
    assert split.codecs == ({"JPEG RGB": 11} if data == "finished" else {"mp4 h264 yuv420p": 6})
    assert sum(told) == (sum(entry.bytes for entry in split.manifest.shards) if full else 0)


@reuse
@given(st.sampled_from(ALL), st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_one_flipped_bit_anywhere_is_found(finished, copy, file, place, bit):
    content = bytearray((finished / file).read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    (copy / file).write_bytes(content)
    try:
        assert named(file) in {fault.shard for fault in faults(copy)}
    finally:
        shutil.copy(finished / file, copy / file)


@reuse
@given(st.sampled_from(ALL), st.floats(0, 1, exclude_max=True))
def test_a_truncated_file_is_found(finished, copy, file, place):
    content = (finished / file).read_bytes()
    (copy / file).write_bytes(content[: int(place * len(content))])
    try:
        assert named(file) in {fault.shard for fault in faults(copy)}
        if file.endswith(("tar", "npz")):  # sizes and indexes are looked at without --full too
            assert named(file) in {fault.shard for fault in faults(copy, full=False)}
    finally:
        shutil.copy(finished / file, copy / file)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_one_fault(copy, file, full):
    (copy / file).unlink()
    assert faults(copy, full) == [(file[:6], "", f"the {'tar' if 'tar' in file else 'index'} is missing")]


@pytest.mark.parametrize(("one", "other"), [*combinations(FILES[::2], 2), *combinations(FILES[1::2], 2)])
def test_two_swapped_files_are_found(copy, one, other):
    for source, target in ((one, "aside"), (other, one), ("aside", other)):
        (copy / source).rename(copy / target)
    assert {fault.shard for fault in faults(copy)} == {named(one), named(other)}


def test_every_damaged_sample_is_named_in_one_check(copy):
    wanted = set()
    for shard, numbers in {"000000": [0, 3], "000002": [1]}.items():
        index = Index.load(copy / f"{shard}.index.npz")
        content = bytearray((copy / f"{shard}.tar").read_bytes())
        for number in numbers:
            content[index.offset[number] + index.size[number] // 2] ^= 1
            wanted |= {(shard, str(index.name[number]))}
        (copy / f"{shard}.tar").write_bytes(content)
    found = faults(copy)
    assert {(fault.shard, fault.sample) for fault in found if fault.sample} == wanted
    assert {fault.shard for fault in found if "SHA-256" in fault.reason} == {"000000", "000002"}


# members lie in the tar as a.cls, a.jpg, b.cls, b.jpg, …


def _swap_contents(members):
    (one, first), (other, second) = members[1], members[3]
    members[1], members[3] = (one, second), (other, first)


def _swap_names(members):
    members[1][0].name, members[3][0].name = members[3][0].name, members[1][0].name


def _relabel(members):
    members[0] = members[0][0], b"2" if members[0][1] != b"2" else b"1"


def _rename_last(members):
    members[-1][0].name = "stranger.jpg"


def _add(members):
    stranger = tarfile.TarInfo("stranger.cls")
    members.append((stranger, b"0"))


def test_a_tar_that_was_written_anew_is_sound(copy):
    """What the next test's damages are made with does no damage of its own."""
    rewrite(copy, lambda members: None)
    assert not faults(copy)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_swap_contents, "its jpg has changed since it was written"),
        (_swap_names, "lies at (byte, size)"),
        (_relabel, "its cls in the tar says"),
        (lambda members: members.pop(-2), "its cls in the tar says None"),
        (lambda members: members.pop(-1), "the tar holds no"),
        (_rename_last, "the tar holds no"),
        (_rename_last, "the index does not know stranger.jpg"),
        (_add, "the index does not know stranger.cls"),
    ],
)
def test_members_at_odds_with_the_index_are_found_though_all_hashes_agree(copy, change, reason):
    rewrite(copy, change)
    found = faults(copy)
    assert {fault.shard for fault in found} == {"000001"} and any(reason in fault.reason for fault in found), found
    assert not any("SHA-256" in fault.reason for fault in found)


def test_a_damaged_header_is_found_though_all_hashes_agree(copy):
    index, tar = Index.load(copy / "000001.index.npz"), copy / "000001.tar"
    content = bytearray(tar.read_bytes())
    content[index.offset[2] - 512] ^= 1  # the name's first letter
    tar.write_bytes(content)
    reseal(copy, "000001")
    (found,) = faults(copy)
    assert found.shard == "000001" and "no member of the tar can be found from byte" in found.reason
    assert int(found.reason.split()[-2]) == index.offset[2] - 512


def test_a_changed_fact_is_found_though_all_hashes_agree(facts, tmp_path):
    copy = Path(shutil.copytree(facts, tmp_path / "copy"))
    index = Index.load(copy / "000000.index.npz")
    index.facts[1, 0] = 1 - min(index.facts[1, 0], 1)
    reseal(copy, "000000", index)
    (found,) = faults(copy)
    assert (found.shard, found.sample) == ("000000", index.name[1]) and "its json in the tar says" in found.reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"label": np.array([0, 1, 2, 3], np.int32)}, "has label 0 to 3, the manifest names 3 classes"),
        ({"label": np.array([0, 1, -1, 2], np.int32)}, "has label -1 to 2"),
        ({"label": np.zeros(3, np.int32)}, "has a column label of shape [3] for 4 samples with 4 files"),
        ({"name": np.array(["a", "b", "a", "c"])}, "gives one name to several samples"),
        ({"offset": np.array([512, 9, 9, 10**9])}, "has places outside the tar"),
        ({"size": np.array([5, 5, -5, 5])}, "has places outside the tar"),
        ({"members_end": np.array([1, 2, 2, 4])}, "divides 4 entries into runs of 0 to 2"),
        ({"extension": np.array(["jpg", "mp4", "jpg", "txt"])}, "has files of type mp4, txt in a data set of images"),
        ({"facts": np.zeros((4, 1), np.int32)}, "has 1 facts, the manifest names none"),
        ({"extent": np.zeros((4, 3), np.int32)}, "has samples without frames or pixels"),
    ],
)
def test_an_index_that_cannot_be_is_found_though_all_hashes_agree(copy, changes, reason):
    reseal(copy, "000001", replace(Index.load(copy / "000001.index.npz"), **changes))
    (found,) = faults(copy, full=False)
    assert (found.shard, found.sample) == ("000001", "") and f"the index {reason}" in found.reason, found


def test_an_index_of_fewer_samples_is_found_though_all_hashes_agree(copy):
    shutil.copy(copy / "000002.index.npz", copy / "000001.index.npz")
    reseal(copy, "000001")
    assert any("lists 3 samples, the manifest 4" in fault.reason for fault in faults(copy, full=False))


def test_a_manifest_that_miscounts_is_found(copy):
    manifest = Manifest.load(copy)
    replace(manifest, samples=12).save(Local(copy))
    assert faults(copy, full=False) == [("manifest.json", "", "it states 12 samples, its shards have 11")]


def test_without_a_seal_a_data_set_is_sound(copy):
    """Those that were made before there were seals."""
    (copy / "manifest.sha256").unlink()
    assert not faults(copy)


def test_a_tar_that_the_manifest_does_not_know_is_found(copy):
    shutil.copy(copy / "000001.tar", copy / "000003.tar")
    assert faults(copy, full=False) == [("000003.tar", "", "the manifest does not know this file")]


def test_a_name_that_two_shards_hold_is_found(picture_bytes, tmp_path):
    with closing(Validator()) as validator:
        sample = Sample("a", {"jpg": picture_bytes}, 0)
        written = [write_shard([sample], Local(tmp_path), n, validator) for n in SHARDS[:2]]
    entries = [one.entry for one in written]
    Manifest("image", 2, {"label": ("x",)}, tuple(entries)).save(Local(tmp_path))
    assert faults(tmp_path) == [("000001", "a", "shard 000000 holds a sample of this name too")]


def test_what_was_left_out_is_counted_by_reason(copy):
    lines = [{"name": "a", "reason": "no frame decodes"}, {"name": "b", "reason": "too small"}]
    text = "\n".join(json.dumps(line) for line in [*lines, lines[0]])
    (copy / "quarantine.jsonl").write_text(text + "\n")
    replace(Manifest.load(copy), quarantined=3).save(Local(copy))
    split = check_split(copy, full=False)
    assert split.quarantine == Counter({"no frame decodes": 2, "too small": 1}) and not split.faults
    (copy / "quarantine.jsonl").write_text(text + "\n{\n")
    assert faults(copy) == [("quarantine.jsonl", "", "line 4 is no JSON object with a reason")]
    (copy / "quarantine.jsonl").unlink()
    said = "it lists 0 samples, the manifest says that 3 were left out"
    assert faults(copy) == [("quarantine.jsonl", "", said)]


def test_what_is_no_data_set_is_refused(copy, tmp_path):
    (copy / "manifest.json").unlink()
    for folder in (copy, tmp_path / "nowhere"):
        with pytest.raises(Refusal, match="make_shards.py"):
            check_split(folder, full=True)


def test_an_overwritten_end_of_a_tar_is_found_without_reading_all_of_it(copy):
    content = bytearray((copy / "000001.tar").read_bytes())
    content[-1] = 1
    (copy / "000001.tar").write_bytes(content)
    assert faults(copy, full=False) == [("000001", "", "the tar's end is missing")]
