"""What is said of a data set is what lies in it."""

import pytest

from shards.census import census, counted, twins
from shards.codecs import codec_of
from shards.index import Index, Row
from shards.manifest import Manifest
from shards.media import Media
from shards.read import Shards
from shards.refusal import Refusal
from shards.sample import Sample
from shards.tar import Place


def index_of(*rows: tuple[str, int, Media, int]) -> Index:
    """From names, labels, media and checksums; all files have 100 bytes."""
    return Index.of(
        [
            Row(Sample(n, {"mp4": b""}, label), media, (0, media.frames, 1), (0, 0), [Place(512, 100, checksum)])
            for n, label, media, checksum in rows
        ]
    )


def test_images_by_size_and_class(finished):
    shards = Shards(finished)
    table = census(shards.manifest, shards.index)
    size = sum(tar.stat().st_size for tar in finished.glob("*.tar"))
    assert table["samples"] == f"11 in 3 shards, {size / 1e6:.1f} MB"
    # photo i is (24 + 5 i) × (64 - 3 i): the least area is the first's, the most one in the middle
    areas = sorted(((24 + 5 * i) * (64 - 3 * i), f"{24 + 5 * i} × {64 - 3 * i}") for i in range(11))
    assert table["height × width"] == f"by area: least {areas[0][1]}, median {areas[5][1]}, most {areas[-1][1]}"
    assert table["classes"] == "3, smallest 'reed.bed' 3, largest 'boat' 4"
    assert "frames" not in table


def test_videos_by_frames_rate_and_key_frames():
    media = [
        Media(48, 64, 20, (25, 2), (0, 8, 16)),  # distances 8, 8, 4
        Media(48, 64, 30, (25, 1), (0,)),  # 30
        Media(48, 64, 7, (25, 2), ()),  # none is known
    ]
    index = index_of(*((f"v{i}", i % 2, m, i) for i, m in enumerate(media)))
    table = census(Manifest("video", 3, {"label": ("run", "jump")}, ()), index)
    assert table["height × width"] == "48 × 64, all"
    assert table["frames"] == "least 7, median 20, most 30"
    assert table["frames/s"] == "12.5 2, 25 1"
    assert table["key frames every"] == "least 4, median 8, most 30 frames"
    assert table["classes"] == "2, smallest 'jump' 1, largest 'run' 2"


def test_without_an_index_only_the_manifest_speaks(finished):
    assert list(census(Manifest.load(finished), None)) == ["kind", "samples"]


def test_equal_files_are_found_within_and_across_splits():
    media = Media(8, 8, 1, (0, 1), ())
    train = index_of(*((f"a{i}", 0, media, crc) for i, crc in enumerate([7, 8, 7, 9])))
    test = index_of(*((f"b{i}", 0, media, crc) for i, crc in enumerate([9, 5])))
    assert twins({"train": train, "test": test}) == [
        [("train", "a0"), ("train", "a2")],
        [("train", "a3"), ("test", "b0")],
    ]
    assert twins({"train": index_of(("a", 0, media, 1))}) == [] == twins({})


def test_videos_as_frames_are_twins_if_all_frames_are_and_textures_do_not_count():
    def video(name: str, *checksums: int) -> Row:
        media = dict.fromkeys([f"{i:04d}.jpg" for i in range(len(checksums) - 1)] + ["texture.jpg"], b"")
        places = [Place(512, 100, checksum) for checksum in checksums]
        return Row(Sample(name, media, 0), Media(8, 8, 2, (0, 1), ()), (0, 2, 1), (8, 8), places)

    index = Index.of([video("a", 1, 2, 3), video("b", 1, 4, 3), video("c", 1, 2, 5)])
    assert twins({"train": index}) == [[("train", "a"), ("train", "c")]]


def test_rare_things_are_counted_together():
    assert counted({"a": 1, "b": 3, "c": 1, "d": 1}, most=2) == "b 3, a 1, 2 others 2"


def test_codecs_are_read_off_headers(picture_bytes, h264, mpeg4):
    found = [codec_of(file.suffix[1:], file.read_bytes()) for file in (h264, mpeg4)]
    assert [codec_of("jpg", picture_bytes), *found] == ["JPEG RGB", "mp4 h264 yuv420p", "avi mpeg4 yuv420p"]
    assert codec_of("mp4", mpeg4.read_bytes()) == "avi mpeg4 yuv420p"  # whatever its name says


@pytest.mark.parametrize("extension", ["jpg", "mp4"])
def test_what_has_no_header_is_refused(extension):
    with pytest.raises(Refusal, match=f"cannot read 1000 bytes as '{extension}'"):
        codec_of(extension, bytes(1000))
