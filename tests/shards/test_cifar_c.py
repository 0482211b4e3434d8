"""CIFAR-C's arrays come out pixel by pixel, under CIFAR's own names, and nothing in them is run."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shards.read import Shards
from shards.refusal import Refusal
from shards.sources import cifar_c
from shards.sources.cifar_c import HUNDRED, TEN, CifarC
from tests.making import make_all

EACH = 4


def pixels(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (5 * EACH, 32, 32, 3), dtype=np.uint8)


def put(folder: Path, labels=(0, 3, 9, 1), **arrays: np.ndarray) -> Path:
    folder.mkdir(exist_ok=True)
    for name, array in (arrays or {"fog": pixels(0), "gaussian_noise": pixels(1)}).items():
        np.save(folder / f"{name}.npy", array)
    np.save(folder / "labels.npy", np.tile(np.array(labels), 5))
    return folder


def test_each_severity_is_a_split_of_the_right_rows(tmp_path):
    source = CifarC(put(tmp_path))
    splits = source.splits()
    assert [*splits] == [f"{c}-{s}" for c in ("fog", "gaussian_noise") for s in range(1, 6)]
    for number, corruption in enumerate(("fog", "gaussian_noise")):
        for severity in range(1, 6):
            listing = splits[f"{corruption}-{severity}"]
            samples = [sample for item in listing.items for sample in source.samples(item)]
            assert [sample.label for sample in samples] == [0, 3, 9, 1]
            decoded = np.stack([np.asarray(Image.open(io.BytesIO(sample.media["png"]))) for sample in samples])
            assert np.array_equal(decoded, pixels(number)[(severity - 1) * EACH : severity * EACH])


def test_the_names_are_those_of_cifar(tmp_path):
    assert CifarC(put(tmp_path / "ten")).splits()["fog-1"].classes == {"label": TEN}
    assert CifarC(put(tmp_path / "hundred", (0, 3, 99, 10))).splits()["fog-1"].classes == {"label": HUNDRED}
    assert (len(TEN), len(HUNDRED)) == (10, 100) and [*HUNDRED] == sorted(HUNDRED) and [*TEN] == sorted(TEN)


def test_a_set_goes_through_the_making(tmp_path):
    source = CifarC(put(tmp_path / "c"))
    for split, listing in source.splits().items():
        make_all(source, listing, tmp_path / "out" / split, samples_per_shard=3)
    shards = Shards(tmp_path / "out" / "gaussian_noise-2")
    assert len(shards) == EACH and shards.manifest.classes["label"] == TEN
    assert shards.manifest.quarantined == 1  # 9,996 are missing


def test_the_published_size_says_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar_c, "OFFICIAL", EACH)
    assert not any(listing.rejected for listing in CifarC(put(tmp_path)).splits().values())


def test_pickles_are_refused_unopened(tmp_path):
    put(tmp_path)
    objects = np.empty(3, object)
    np.save(tmp_path / "fog.npy", objects, allow_pickle=True)
    with pytest.raises(Refusal, match="fog.npy is no whole array of numbers .*fetch it again"):
        CifarC(tmp_path).splits()


@pytest.mark.parametrize(
    "array", [pixels(0)[:-1], pixels(0).astype(np.float32), pixels(0)[..., 0], pixels(0).transpose(0, 3, 1, 2)]
)
def test_arrays_of_another_form_are_refused(tmp_path, array):
    with pytest.raises(Refusal, match=r"fog.npy holds .*, expected uint8 \[20, 32, 32, 3\]"):
        CifarC(put(tmp_path, fog=array)).splits()


def test_a_cut_array_is_refused(tmp_path):
    file = put(tmp_path) / "fog.npy"
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(Refusal, match="fog.npy is no whole array"):
        CifarC(tmp_path).splits()


@pytest.mark.parametrize("labels, said", [((0, 100, 1, 2), "labels 0 … 100"), ((0.5, 1.0, 2.0, 1.0), "whole numbers")])
def test_labels_that_no_cifar_has_are_refused(tmp_path, labels, said):
    with pytest.raises(Refusal, match=said):
        CifarC(put(tmp_path, labels)).splits()


def test_a_folder_without_arrays_is_refused(tmp_path):
    with pytest.raises(Refusal, match="holds no CIFAR-C; expected labels.npy and CORRUPTION.npy"):
        CifarC(tmp_path).splits()
