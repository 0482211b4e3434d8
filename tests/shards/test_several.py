"""Several data sets answer as one, and each sample as in its own."""

import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from shards.manifest import Manifest
from shards.media import Kind
from shards.read import Shards
from shards.refusal import Refusal
from shards.sample import Sample
from shards.several import Several, open_shards
from shards.target import Local
from shards.validate import Validator
from shards.write import write_shard

Make = Callable[..., Path]


@pytest.fixture
def make(picture_bytes: bytes, tmp_path: Path) -> Make:
    """Writes a data set of one sample per label, under the folder ``name``."""

    def write(
        name: str, labels: list[int], classes: tuple[str, ...], facts: Mapping[str, tuple[str, ...]] | None = None,
        checked: tuple[str, ...] = (), media: Mapping[str, bytes] | None = None, kind: Kind = "image",
    ) -> Path:  # fmt: skip
        folder, known = tmp_path / name, facts or {}
        folder.mkdir()
        numbers = {fact: len(names) - 1 for fact, names in known.items()}
        files = media or {"jpg": picture_bytes}
        samples = [Sample(f"{name}{i}", files, label, numbers) for i, label in enumerate(labels)]
        with closing(Validator()) as validator:
            entry = write_shard(samples, Local(folder), "000000", validator).entry
        assert entry is not None
        Manifest(kind, len(labels), {"label": classes, **known}, (entry,), checked).save(Local(folder))
        return folder

    return write


def test_one_data_set_is_just_that(finished: Path):
    for asked in (finished, (finished,)):
        shards = open_shards(asked)
        assert isinstance(shards, Shards) and shards.sizes == (11,)


def test_every_sample_is_that_of_its_own_data_set(finished: Path, make: Make, picture_bytes: bytes):
    pair = {"jpg": picture_bytes, "texture.jpg": picture_bytes}
    folders = (make("a", [0, 1], ("x", "y"), media=pair), finished, make("b", [0, 0, 0], ("x",)))
    several = open_shards(folders)
    assert isinstance(several, Several) and several.sizes == (2, 11, 3) and len(several) == len(several.index) == 16
    own = [(Shards(folder), number) for folder in folders for number in range(len(Shards(folder)))]
    for sample, (part, number) in enumerate(own):
        assert several.media(sample) == part.media(number) and several.folder_of(sample) == part.folder
        assert several.frames(sample, [0]) == part.frames(number, [0])
        assert several.texture(sample) == part.texture(number) == (picture_bytes if sample < 2 else None)
        assert several.index.texture[sample].tolist() == part.index.texture[number].tolist()
        assert several.stored == "image" and several.extension(sample) == part.extension(number) == "jpg"
        assert several.tar(sample) == str(part.folder / part.tar(number))
        assert several.index.name[sample] == part.index.name[number]
        assert several.index.extent[sample].tolist() == part.index.extent[number].tolist()
        label = several.manifest.classes["label"][several.labels()[sample]]
        assert label == part.manifest.classes["label"][part.labels()[number]]
    assert several.folder == " + ".join(map(str, folders))


def test_classes_are_joined_by_name_in_their_order(make: Make):
    several = open_shards((make("a", [0, 1, 2], ("cat", "dog", "eel")), make("b", [0, 1, 2], ("eel", "fox", "cat"))))
    assert several.manifest.classes == {"label": ("cat", "dog", "eel", "fox")}
    assert several.labels().tolist() == several.index.label.tolist() == [0, 1, 2, 2, 3, 0]
    assert several.classes is not None and several.labels().dtype == several.classes.dtype == np.int32


def test_the_same_classes_keep_their_numbers(make: Make):
    several = open_shards((make("a", [1, 0], ("cat", "dog")), make("b", [1, 1], ("cat", "dog"))))
    assert several.manifest.classes == {"label": ("cat", "dog")} and several.labels().tolist() == [1, 0, 1, 1]


def test_one_class_in_all_says_nothing(make: Make):
    assert open_shards((make("a", [0, 0], ("cat",)), make("b", [0], ("cat",)))).classes is None
    assert open_shards((make("c", [0, 0], ("cat",)), make("d", [0], ("dog",)))).classes is not None


def test_where_some_are_unlabelled_labels_say_nothing(make: Make):
    """Else all samples without a label would count as one class."""
    assert open_shards((make("a", [0, 1], ("cat", "dog")), make("b", [0], ("unlabelled",)))).classes is None


def test_facts_are_those_that_all_have(make: Make):
    one = make("a", [0], ("x", "y"), {"texture": ("t", "u"), "shape": ("s",)})
    other = make("b", [1], ("x", "y"), {"colour": ("c",), "texture": ("u", "v", "w")})
    several = open_shards((one, other))
    assert several.manifest.facts == ("texture",)
    assert several.manifest.classes == {"label": ("x", "y"), "texture": ("t", "u", "v", "w")}
    assert several.labels("texture").tolist() == [1, 3] and several.index.facts.shape == (2, 1)


def test_checked_is_what_was_checked_in_all(make: Make):
    one, other = (make(name, [0], ("x",), checked=c) for name, c in (("a", ("p 1", "q 2")), ("b", ("q 2", "r 3"))))
    assert open_shards((one, other)).manifest.checked == ("q 2",)


def test_the_fingerprint_covers_each_data_set_and_their_order(make: Make):
    folders = [make(name, [0], ("x",)) for name in "abc"]
    prints = {open_shards(some).manifest.fingerprint for some in (folders, folders[:2], folders[1::-1], folders[1:])}
    assert len(prints) == 4
    assert open_shards(folders).manifest.fingerprint in prints


def test_a_changed_sample_is_refused_by_its_own_data_set(finished: Path, make: Make, tmp_path: Path):
    copy = Path(shutil.copytree(finished, tmp_path / "copy"))
    index, tar = Shards(copy).index, copy / "000000.tar"
    content = bytearray(tar.read_bytes())
    content[int(index.offset[0])] ^= 1
    several = open_shards((make("a", [0], ("x",)), copy))
    tar.write_bytes(content)
    with pytest.raises(Refusal, match=re.escape(f"{tar}: sample '{index.name[0]}' has changed")):
        several.media(1)


def test_all_together_map_no_more_tars_than_one(finished: Path, make: Make):
    folders = (finished, make("a", [0], ("x",)))
    several = open_shards(folders)
    assert isinstance(several, Several)
    assert sum(part._map.cache_info().maxsize or 0 for part in several.parts) == 256


def test_data_sets_that_do_not_belong_together_are_refused(finished: Path, h264: Path, make: Make, tmp_path: Path):
    film = make("film", [0], ("x",), media={"mp4": h264.read_bytes()}, kind="video")
    with pytest.raises(Refusal, match=f"{finished} holds images, {film} videos; train on data sets of one kind"):
        open_shards((finished, film))
    frames = make("frames", [0], ("x",), kind="video")
    with pytest.raises(Refusal, match=f"{film} holds videos, {frames} videos as frames; train on data sets of one"):
        open_shards((film, frames))
    copy = Path(shutil.copytree(finished, tmp_path / "copy"))
    for same in (finished, copy):
        with pytest.raises(Refusal, match=f"{finished} and {same} are the same samples.*name them once"):
            open_shards((finished, make(f"between {same.name}", [0], ("x",)), same))
    with pytest.raises(Refusal, match="no data set is named"):
        open_shards(())
