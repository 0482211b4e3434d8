"""Views of tars stay valid as long as they are held, cost no copy, and leave nothing behind."""

import gc
import io
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shards.manifest import Manifest
from shards.mapped import mapped
from shards.read import Shards
from shards.sample import Sample
from shards.several import open_shards
from shards.target import Local
from shards.validate import Validator
from shards.write import write_shard

SIZE = 54 + 300 * 300 * 3  # bytes of a sample


def noise(rng: np.random.Generator) -> bytes:
    file = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (300, 300, 3), np.uint8)).save(file, "BMP")
    return file.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve tars of two samples, of noise that no two share."""
    rng, out, entries = np.random.default_rng(0), tmp_path_factory.mktemp("noise"), []
    with closing(Validator()) as validator:
        for tar in range(12):
            samples = [Sample(f"{tar}-{i}", {"bmp": noise(rng)}, 0) for i in range(2)]
            entries.append(write_shard(samples, Local(out), f"{tar:06}", validator).entry)
    Manifest("image", 24, {"label": ("a",)}, tuple(entries)).save(Local(out))
    return out


def maps() -> list[str]:
    """The tars that are mapped into this process by whoever can still be asked."""
    gc.collect()
    return [line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if line.endswith(".tar")]


def resident() -> int:
    """Bytes of memory that this process holds, those of mapped files as well."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_what_is_read_lies_in_the_tar_itself(folder: Path):
    shards = Shards(folder, 1)
    first, again = shards.media(3), shards.media(3)
    assert isinstance(first, memoryview) and first.readonly
    assert np.frombuffer(first, np.uint8).ctypes.data == np.frombuffer(again, np.uint8).ctypes.data
    tar, start = (folder / shards.tar(3)).read_bytes(), int(shards.index.offset[3])
    assert first == tar[start : start + SIZE]


def test_views_outlive_their_data_set_and_the_last_ends_the_mapping(folder: Path):
    shards = Shards(folder, 2)
    held = [shards.media(sample) for sample in range(24)]  # ten of the tars are out of the cache by now
    expected = [(folder / shards.tar(n)).read_bytes()[int(shards.index.offset[n]) :][:SIZE] for n in range(24)]
    del shards
    assert held == expected and len(maps()) == 12
    del held[:22]
    assert len(maps()) == 1 and bytes(held[0]) == expected[22]
    held.clear()
    assert maps() == []


@pytest.mark.parametrize("open_", [lambda folder: Shards(folder, 3), open_shards], ids=["few maps", "as loaders do"])
def test_ten_epochs_leave_descriptors_and_memory_as_they_were(folder: Path, open_: Callable[[Path], Shards]):
    shards, found = open_(folder), []
    rng = np.random.default_rng(1)
    for _ in range(10):
        held = [shards.media(sample) for sample in rng.permutation(24).tolist()]
        descriptors = len(os.listdir("/proc/self/fd"))
        del held
        found.append((descriptors, len(maps()), resident()))
    assert len({descriptors for descriptors, _, _ in found}) == 1
    assert {count for _, count, _ in found} == ({3} if shards._map.cache_info().maxsize == 3 else {12})
    assert found[-1][2] - found[1][2] < 2e6 < 12 * 2 * SIZE


def test_many_tars_at_once_need_no_descriptors(folder: Path):
    before = len(os.listdir("/proc/self/fd"))
    views = [mapped(folder / f"{tar:06}.tar") for tar in range(12)]
    assert len(os.listdir("/proc/self/fd")) == before and len(maps()) == len(views)


def test_a_file_that_cannot_be_mapped_is_an_error_with_its_name(tmp_path: Path):
    (tmp_path / "empty").touch()
    with pytest.raises(OSError, match="empty"):
        mapped(tmp_path / "empty")
