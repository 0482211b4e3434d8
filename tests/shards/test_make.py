"""Finished data sets are the same bytes every time, readable by others, and complete or absent."""

import gc
import shutil
import tarfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import webdataset
import xxhash
from nvidia.dali import fn, pipeline_def

from shards.files import write_atomically
from shards.index import Index
from shards.order import permutation
from shards.quarantine import read_quarantine
from shards.read import Shards
from shards.refusal import Refusal
from shards.sample import Sample
from shards.sources.folder import Folder
from shards.sources.listing import Listing
from shards.target import Local
from shards.validate import Validator
from shards.write import write_shard
from tests.making import make_all
from tests.shards.conftest import picture
from tests.shards.touchy import Touchy


def make(root: Path, out: Path, jobs: int = 1) -> list[int]:
    source = Folder(root)
    return make_all(source, source.splits()["train"], out, samples_per_shard=4, jobs=jobs)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def by_name(root: Path) -> dict[str, tuple[bytes, int]]:
    """What a source gives: the media and the label of every sample."""
    source = Folder(root)
    samples = [next(source.samples(item)) for item in source.splits()["train"].items]
    return {sample.name: (sample.media["jpg"], sample.label) for sample in samples}


def write(folder: Path, *samples: Sample) -> Index:
    with closing(Validator()) as validator:
        write_shard(samples, Local(folder), "000000", validator)
    return Index.load(folder / "000000.index.npz")


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_same_source_makes_the_same_bytes(photos, finished, tmp_path, jobs):
    assert sorted(make(photos, tmp_path / "again", jobs)) == [3, 4, 4]
    assert contents(tmp_path / "again") == contents(finished)


def test_nothing_but_tars_indexes_and_the_manifest_with_its_seal_is_left(finished):
    shards = [f"00000{i}.{ending}" for i in range(3) for ending in ("idx", "index.npz", "tar")]
    assert sorted(contents(finished)) == [*shards, "manifest.json", "manifest.sha256"]


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the library leaves its files open
def test_the_webdataset_library_reads_every_sample(photos, finished):
    tars = [str(file) for file in sorted(finished.glob("*.tar"))]
    read = list(webdataset.WebDataset(tars, shardshuffle=False))
    gc.collect()
    assert {s["__key__"]: (s["jpg"], int(s["cls"])) for s in read} == by_name(photos)
    assert len(read) == len(by_name(photos))


def test_dalis_own_reader_reads_every_sample(photos, finished):
    @pipeline_def(batch_size=11, num_threads=1, device_id=None, prefetch_queue_depth=1)
    def reading():
        return tuple(fn.readers.webdataset(paths=[*map(str, sorted(finished.glob("*.tar")))], ext=["jpg", "cls"]))

    media, labels = ([bytes(row) for row in map(np.asarray, column)] for column in reading().run())
    assert sorted(zip(media, map(int, labels), strict=True)) == sorted(by_name(photos).values())


def test_classes_are_mixed_within_a_shard(finished):
    assert all(len(set(Index.load(file).label)) > 1 for file in finished.glob("*.npz"))


def test_the_index_says_what_the_tar_holds(finished):
    for file in sorted(finished.glob("*.tar")):
        index = Index.load(file.with_suffix(".index.npz"))
        with tarfile.open(file) as tar:
            members = [m for m in tar if m.name.endswith(".jpg")]
            checksums = [xxhash.xxh3_64_intdigest(tar.extractfile(m).read()) for m in members]
        assert [f"{name}.{e}" for name, e in zip(index.name, index.extension, strict=True)] == [m.name for m in members]
        assert index.offset.tolist() == [m.offset_data for m in members]
        assert index.size.tolist() == [m.size for m in members]
        assert index.checksum.tolist() == checksums
        assert index.members_end.tolist() == [*range(1, len(members) + 1)]


def test_the_index_knows_sizes_and_labels(photos, finished):
    index = Shards(finished).index
    for name, label, extent in zip(index.name, index.label, index.extent, strict=True):
        i = int(name.rpartition("/")[2])
        assert label == i % 3
        assert extent.tolist() == [1, 24 + 5 * i, 64 - 3 * i]


def test_ragged_columns_stay_with_their_samples(tmp_path, h264, picture_bytes):
    clip = Sample("clip", {"mp4": h264.read_bytes(), "jpg": picture_bytes}, 1)
    still = Sample("still", {"jpg": picture_bytes, "texture.jpg": picture(1, 10, 12)}, 2)
    index = write(tmp_path, clip, still)
    assert index.texture.tolist() == [[0, 0], [10, 12]]
    assert index.origin.tolist() == [[0, 20, 1], [0, 1, 1]]
    assert index.extension.tolist() == ["mp4", "jpg", "jpg", "texture.jpg"]
    assert (index.members_end.tolist(), index.key_frames_end.tolist()) == ([2, 4], [3, 3])
    twice = Index.concatenate([index, index])
    assert twice.members_end.tolist() == [2, 4, 6, 8]
    assert twice.key_frames_end.tolist() == [3, 3, 6, 6]
    assert twice.key_frames.tolist() == [0, 8, 16] * 2


def test_facts_are_columns_in_alphabetical_order(tmp_path, picture_bytes):
    index = write(tmp_path, Sample("a", {"jpg": picture_bytes}, 5, {"texture": 2, "shape": 1}))
    assert index.facts.tolist() == [[1, 2]]
    with tarfile.open(tmp_path / "000000.tar") as tar:
        assert tar.extractfile("a.json").read() == b'{"label": 5, "shape": 1, "texture": 2}'


def damage(photos: Path, root: Path) -> dict[str, str]:
    """Copy the photographs, five of them damaged. Returns: the reasons that must be given, by name."""
    shutil.copytree(photos, root)
    cut, *touched = (sorted(root.rglob("*.jpg"))[i] for i in (1, 3, 5, 7, 9))
    cut.write_bytes(cut.read_bytes()[:20])
    for file, ending in zip(touched, (b"crash", b"hang", b"odd", b"crash"), strict=True):
        file.write_bytes(file.read_bytes() + ending)
    crash = "the decoder died of signal 11 (SIGSEGV)"
    reasons = ("cannot read 20 bytes as 'jpg': cannot identify image file", crash, "took longer than 1 s",
               "'no such table'", crash)  # fmt: skip
    names = (f"{file.parent.name.replace('.', '_')}/{file.stem}" for file in (cut, *touched))
    return dict(zip(names, reasons, strict=True))


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.long)])
def test_what_is_damaged_or_kills_its_check_is_left_out_and_listed(photos, tmp_path, jobs):
    root = tmp_path / "photos"
    reasons = damage(photos, root)
    source = Folder(root)
    steps = make_all(source, source.splits()["train"], tmp_path / "out", 4, jobs, Touchy(), seconds=1.0)
    assert sum(steps) == 11
    shards = Shards(tmp_path / "out")
    assert (shards.manifest.samples, shards.manifest.quarantined, shards.manifest.checked) == (6, 5, ("touchy 1",))
    assert set(shards.index.name) | reasons.keys() == set(by_name(root)) and len(set(shards.index.name)) == 6
    left_out = read_quarantine(tmp_path / "out")
    assert {one.name: one.reason.partition(" <")[0] for one in left_out}.keys() == reasons.keys()
    assert all(one.reason.startswith(reasons[one.name]) and "0x" not in one.reason for one in left_out)
    every = [next(Folder(root).samples(item)).name for item in source.splits()["train"].items]
    mixed = [every[i] for i in permutation(11, 0, 0)]
    assert [one.name for one in left_out] == [name for name in mixed if name in reasons]


@pytest.mark.long
def test_the_same_damaged_source_makes_the_same_bytes(photos, tmp_path):
    damage(photos, tmp_path / "photos")
    source = Folder(tmp_path / "photos")
    for jobs in (1, 2, 3):
        make_all(source, source.splits()["train"], tmp_path / str(jobs), 3, jobs, Touchy(), seconds=1.0)
    one, two, three = (contents(tmp_path / str(jobs)) for jobs in (1, 2, 3))
    assert one == two == three and "quarantine.jsonl" in one


def test_a_split_in_which_nothing_is_sound_is_refused(tmp_path):
    (tmp_path / "root" / "a").mkdir(parents=True)
    (tmp_path / "root" / "a" / "x.jpg").write_bytes(b"no picture")
    with pytest.raises(Refusal, match="none of the 1 samples .* is sound, such as 'a/x': cannot read 10 bytes"):
        make(tmp_path / "root", tmp_path / "out")
    assert sorted(contents(tmp_path / "out")) == ["quarantine.jsonl"]
    (tmp_path / "root" / "a" / "y.jpg").write_bytes(picture())  # and it can be made once that is mended
    (tmp_path / "root" / "a" / "x.jpg").write_bytes(picture())
    assert make(tmp_path / "root", tmp_path / "out") == [2]
    assert sorted(contents(tmp_path / "out")) == [
        "000000.idx", "000000.index.npz", "000000.tar", "manifest.json", "manifest.sha256",
    ]  # fmt: skip


def test_a_failing_write_leaves_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "file"
    write_atomically(file, b"old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_atomically(file, b"new")
    assert contents(tmp_path) == {"file": b"old"}


def test_an_existing_data_set_is_never_overwritten(photos, finished):
    before = contents(finished)
    assert make(photos, finished) == []  # the same is there already
    with pytest.raises(Refusal, match=f"{finished} already holds another data set; delete it or choose another --out"):
        make_all(Folder(photos), Folder(photos).splits()["train"], finished, samples_per_shard=5)
    assert contents(finished) == before


def test_an_empty_listing_is_refused(photos, tmp_path):
    with pytest.raises(Refusal, match="no samples"):
        make_all(Folder(photos), Listing("image", {"label": ()}, ()), tmp_path / "out", 4, 1)
    assert not (tmp_path / "out").exists()
