"""The index for DALI's own reader is what DALI's own tool writes, and DALI finds every sample by it."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from nvidia.dali import fn, pipeline_def
from wds2idx import IndexCreator

from shards.dali_index import dali_index

NAMES = ["boat/000.jpg", "boat/000.texture.jpg", "boat/000.cls", "boat/000.json", "pier/1.JPG", "pier/1.cls",
         "reed/2.tar.gz", "reed/3.cls", "reed/2.cls", ".hidden.jpg", "reed/.hidden.cls"]  # fmt: skip
LONG = 12 * "a-long-name-" + ".jpg"


def pack(file: Path, *names: str) -> list[tuple[str, int, int]]:
    """A tar whose files hold their own names; what ``dali_index`` takes of it."""
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(name.encode())
            tar.addfile(member, io.BytesIO(name.encode()))
    return members(file)


def members(file: Path) -> list[tuple[str, int, int]]:
    with tarfile.open(file) as tar:
        return [(member.name, member.offset_data, member.size) for member in tar]


def by_dali(tar: Path, text: str, extension: str, count: int) -> list[bytes]:
    index = tar.with_suffix(".idx")
    index.write_text(text)

    @pipeline_def(batch_size=count, num_threads=1, device_id=None, prefetch_queue_depth=1)
    def reading():
        return fn.readers.webdataset(paths=[str(tar)], index_paths=[str(index)], ext=[extension])

    (column,) = reading().run()
    return [bytes(row) for row in map(np.asarray, column)]


@pytest.mark.parametrize("names", [NAMES, NAMES[:1], NAMES[:6]], ids=len)
def test_it_is_what_dalis_tool_writes(tmp_path, names):
    text = dali_index(pack(tmp_path / "x.tar", *names))
    with IndexCreator(str(tmp_path / "x.tar"), str(tmp_path / "x.idx"), verbose=False) as tool:
        tool.create_index()
    assert (tmp_path / "x.idx").read_bytes() == text.encode()


def test_dalis_tool_says_the_same_of_a_finished_shard(finished, tmp_path):
    for shard in sorted(finished.glob("*.tar")):
        with IndexCreator(str(shard), str(tmp_path / "x.idx"), verbose=False) as tool:
            tool.create_index()
        assert (tmp_path / "x.idx").read_text() == dali_index(members(shard))


def test_dali_finds_all_samples_by_it(finished, tmp_path):
    shard = tmp_path / "000000.tar"
    shard.write_bytes((finished / "000000.tar").read_bytes())
    with tarfile.open(shard) as tar:
        pictures = [tar.extractfile(member).read() for member in tar if member.name.endswith(".jpg")]
    assert by_dali(shard, dali_index(members(shard)), "jpg", len(pictures)) == pictures


def test_dali_finds_long_and_odd_names_by_it(tmp_path):
    names = ["two words/a b.jpg", LONG, "straße/ü.jpg"]
    text = dali_index(pack(tmp_path / "x.tar", *names))
    assert by_dali(tmp_path / "x.tar", text, "jpg", 3) == [name.encode() for name in names]


def test_dali_finds_textures_by_their_extension(tmp_path):
    text = dali_index(pack(tmp_path / "x.tar", *NAMES[:4]))
    assert by_dali(tmp_path / "x.tar", text, "texture.jpg", 1) == [b"boat/000.texture.jpg"]


def test_what_is_no_sample_is_not_in_it():
    assert dali_index([("README", 512, 1), (".x.jpg", 1536, 1), ("a.", 2560, 1), ("a.jpg", 3584, 2)]) == (
        "v1.2 1\njpg 3584 2 a.jpg\n"
    )
