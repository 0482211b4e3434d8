"""What is read is what was written, or a refusal says what is wrong and what to do."""

import pickle
import re
import shutil
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shards.index import Index
from shards.manifest import Manifest
from shards.read import Shards
from shards.refusal import Refusal
from shards.sample import Sample
from shards.target import Local
from shards.validate import Validator
from shards.write import write_shard

TAR, INDEX = "000001.tar", "000001.index.npz"
reuse = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def copy(finished, tmp_path) -> Path:
    """A data set that a test may damage."""
    return Path(shutil.copytree(finished, tmp_path / "copy"))


class Bomb:
    """Unpickling it makes a file."""

    def __init__(self, file: Path):
        self.file = file

    def __reduce__(self):
        return Path.touch, (self.file,)


def flip(file: Path, position: int) -> None:
    content = bytearray(file.read_bytes())
    content[position] ^= 0x10
    file.write_bytes(content)


def refused(folder: Path, *words: str) -> None:
    """Opening and reading everything is refused in a sentence that holds all the words."""
    with pytest.raises(Refusal, match=".*".join(map(re.escape, words))):
        shards = Shards(folder)
        for sample in range(len(shards)):
            shards.media(sample)


@reuse
@given(st.lists(st.integers(0, 10), min_size=1))
def test_every_sample_reads_as_the_source_gave_it(photos, finished, numbers):
    shards = Shards(finished)
    for number in numbers:
        name, label = str(shards.index.name[number]), shards.labels()[number]
        file = next(photos.glob(f"*/{name.rpartition('/')[2]}.jpg"))
        assert shards.media(number) == file.read_bytes()
        assert shards.manifest.classes["label"][label] == file.parent.name


def test_a_data_set_knows_what_it_holds(finished):
    shards = Shards(finished)
    assert len(shards) == len(shards.index) == len(set(shards.index.name)) == 11
    assert (shards.manifest.kind, shards.manifest.facts) == ("image", ())
    assert shards.manifest == Manifest.load(finished)


def test_facts_are_read_by_name(picture_bytes, tmp_path):
    facts = {"texture": 2, "shape": 1}
    samples = [Sample(name, {"jpg": picture_bytes}, 5, facts) for name in "ab"]
    with closing(Validator()) as validator:
        entry = write_shard(samples, Local(tmp_path), "000000", validator).entry
    assert entry is not None
    Manifest("image", 2, {"label": (), "texture": (), "shape": ()}, (entry,)).save(Local(tmp_path))
    shards = Shards(tmp_path)
    assert [shards.labels(fact).tolist() for fact in ("label", "shape", "texture")] == [[5, 5], [1, 1], [2, 2]]


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_one_changed_bit_is_refused_by_the_name_of_its_sample(copy, place):
    index = Shards(copy).index
    flip(copy / TAR, int(index.offset[5] + place * (index.size[5] - 1)))
    shards = Shards(copy)
    with pytest.raises(Refusal, match=re.escape(f"{copy / TAR}: sample '{index.name[5]}' has changed since")):
        shards.media(5)
    assert all(shards.media(number) for number in range(11) if number != 5)


def test_a_tar_of_another_size_is_refused(copy):
    size = (copy / TAR).stat().st_size
    (copy / TAR).write_bytes((copy / TAR).read_bytes()[:-1])
    refused(copy, f"{copy / TAR}: {size - 1} bytes", f"says {size} bytes", "make the shards again")


def test_a_missing_tar_is_refused(copy):
    (copy / TAR).unlink()
    refused(copy, f"{copy / TAR}: no such file", "make the shards again")


@pytest.mark.parametrize("damage", [lambda content: b"", lambda content: content[:-40], lambda content: b"no index"])
def test_an_unreadable_index_is_refused(copy, damage):
    (copy / INDEX).write_bytes(damage((copy / INDEX).read_bytes()))
    refused(copy, f"{copy / INDEX} is not a readable shard index", "make the shards again")


def test_a_missing_index_is_refused(copy):
    (copy / INDEX).unlink()
    refused(copy, f"{copy / INDEX} is not a readable shard index", "make the shards again")


@reuse
@given(st.floats(0, 1, exclude_max=True))
def test_any_changed_bit_of_an_index_is_refused(copy, finished, place):
    shutil.copy(finished / INDEX, copy / INDEX)
    flip(copy / INDEX, int(place * (copy / INDEX).stat().st_size))
    refused(copy, f"{copy / INDEX} is not", "make the shards again")


def test_the_index_of_another_making_is_refused(copy):
    """Same tars, other labels: only the index's own checksum can tell."""
    relabelled = Index(**vars(Index.load(copy / INDEX)) | {"label": np.zeros(4, np.int32)})
    (copy / INDEX).write_bytes(relabelled.encoded())
    refused(copy, f"{copy / INDEX} is not the index that was written", "make the shards again")


@pytest.mark.parametrize("container", ["npz", "pickle"])
def test_an_index_that_holds_python_objects_is_refused_and_not_executed(copy, tmp_path, container):
    columns = {field.name: np.array([Bomb(tmp_path / "executed")], object) for field in fields(Index)}
    with (copy / INDEX).open("wb") as stream:
        np.savez(stream, **columns) if container == "npz" else pickle.dump(columns, stream)
    refused(copy, f"{copy / INDEX} is not a readable shard index", "make the shards again")
    assert not (tmp_path / "executed").exists()
    pickle.loads(pickle.dumps(Bomb(tmp_path / "executed")))
    assert (tmp_path / "executed").exists()  # the bomb was live
