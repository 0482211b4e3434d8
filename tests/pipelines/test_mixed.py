"""Batches of several data sets: each sample looks as in its own, whoever asks and from where."""

import shutil
from contextlib import closing
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from pipelines.batch import Batch
from pipelines.check import Check
from pipelines.decoders import Turbo
from pipelines.faults import Faults
from pipelines.loader import Loader, Place
from shards.mixture import Mixture
from shards.order import Order, permutation
from shards.refusal import Refusal
from shards.several import open_shards
from shards.sources.folder import Folder
from tests.making import make_all
from tests.pipelines.test_substitutes import spoil

SEED = 3


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory, photographs: dict[str, bytes]) -> Path:
    """A smaller data set of some of the photographs, with one class that the larger one has and one that it lacks."""
    root, out = tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("second")
    for number, (name, content) in enumerate(list(photographs.items())[:9]):
        (root / ("class1", "other")[number % 2]).mkdir(exist_ok=True)
        (root / ("class1", "other")[number % 2] / name).write_bytes(content)
    source = Folder(root)
    make_all(source, source.splits()["train"], out, samples_per_shard=5, check=Check("image", (Turbo(),)))
    return out


@pytest.fixture
def loader(image_shards: Path, second: Path) -> Loader:
    """Of 20 and 9 samples; a batch of eight takes six of the first."""
    return Loader((image_shards, second), 8, 32, weights=(3.0, 1.0))


def batches(loader: Loader, count: int, step: int = 0, place: Place | None = None, faults=None) -> list[Batch]:
    with closing(loader.open(place or Place(), SEED, step, faults=faults)) as stream:
        return list(islice(stream, count))


@lru_cache
def first(loader: Loader, count: int = 10) -> list[Batch]:
    """The stream's beginning, made once for the tests that hold something against it."""
    return batches(loader, count)


def rows(found: list[Batch]) -> list[tuple[int, torch.Tensor]]:
    return [(int(sample), batch.views[0][row]) for batch in found for row, sample in enumerate(batch.ids)]


def test_one_data_set_is_what_it_was(image_shards: Path):
    plain, *others = (
        batches(loader, 3)
        for loader in (
            Loader(image_shards, 8, 32), Loader((image_shards,), 8, 32), Loader(image_shards, 8, 32, weights=(2.0,)),
        )
    )  # fmt: skip
    for other in others:
        for one, two in zip(plain, other, strict=True):
            pairs = zip((*one.views, one.ids, one.labels), (*two.views, two.ids, two.labels), strict=True)
            assert all(torch.equal(a, b) for a, b in pairs)


def test_samples_of_the_first_data_set_are_those_of_its_own_stream(loader: Loader, image_shards: Path):
    """Same samples, same epochs, same draws: as if the other data set were not there."""
    mine = [(sample, pixels) for sample, pixels in rows(first(loader)) if sample < 20]
    alone = rows(batches(Loader(image_shards, 8, 32), 6))
    assert abs(len(mine) - 60) < 2  # three quarters of ten batches, three of its epochs
    for (one, seen), (other, pixels) in zip(mine, alone, strict=False):
        assert one == other
        torch.testing.assert_close(seen, pixels, rtol=0, atol=1e-6)


def test_samples_of_every_data_set_look_new_in_each_of_its_epochs(loader: Loader):
    looks = {}
    for sample, pixels in rows(first(loader)):
        looks.setdefault(sample, []).append(pixels)
    twice = [seen for sample, seen in looks.items() if sample >= 20 and len(seen) > 1]
    assert len(twice) == 9 and not any(torch.equal(seen[0], seen[1]) for seen in twice)


def test_ranks_and_resumes_see_the_one_stream(loader: Loader):
    whole = first(loader)[:4]
    for step, batch in enumerate(batches(loader, 1, step=3), start=3):
        assert torch.equal(batch.ids, whole[step].ids) and torch.equal(batch.views[1], whole[step].views[1])
    parts = [batches(loader, 4, place=Place(rank, 4)) for rank in range(4)]
    for step, batch in enumerate(whole):
        assert torch.equal(torch.cat([part[step].ids for part in parts]), batch.ids)
        assert torch.equal(torch.cat([part[step].labels for part in parts]), batch.labels)
        pixels = torch.cat([part[step].views[0] for part in parts])
        torch.testing.assert_close(pixels, batch.views[0], rtol=0, atol=1e-6)


def test_without_weights_all_samples_come_once_per_epoch_with_their_labels(loader: Loader):
    found, shards = batches(replace(loader, batch=2, side=8, weights=()), 29), open_shards(loader.shards)
    ids, labels = (torch.cat([getattr(batch, name) for batch in found]).numpy() for name in ("ids", "labels"))
    first, then = ids[:29], ids[29:]
    assert sorted(first) == sorted(then) == list(range(29)) and (first != then).any()
    assert (ids == np.concatenate([permutation(29, SEED, epoch) for epoch in range(2)])).all()
    names = [str(name).partition("/")[0] for name in shards.index.name[ids]]
    assert [shards.manifest.classes["label"][label] for label in labels] == names
    assert set(names) == {"class0", "class1", "class2", "other"}


def test_the_next_sound_sample_of_the_same_data_set_stands_in(loader: Loader, second: Path, tmp_path: Path):
    copy = Path(shutil.copytree(second, tmp_path / "copy"))
    ring = permutation(9, SEED, 0, 1)
    bad = sorted(int(number) for number in (*ring[1:3], ring[8]))
    spoil(copy, bad)
    faults, steps = Faults(), 9
    found = batches(replace(loader, shards=(loader.shards[0], copy)), steps, faults=faults)
    order, expected = Order(29, 8, SEED, Mixture((20, 9), (3.0, 1.0))), []
    for step in range(steps):
        for epoch, sample in zip(*order.at(step), strict=True):
            ring = permutation(9, SEED, int(epoch), 1).tolist()
            while sample >= 20 and sample - 20 in bad:
                sample = 20 + ring[(ring.index(sample - 20) + 1) % 9]
            expected.append(int(sample))
    assert [sample for sample, _ in rows(found)] == expected
    assert [fault.sample - 20 for fault in faults.all()] == bad
    assert {Path(fault.shard).parent for fault in faults.all()} == {copy}
    assert faults.read() >= 5  # three in the first epoch of the nine, and as many in the second


def test_what_does_not_fit_is_refused_before_the_first_batch(loader: Loader, image_shards: Path, video_shards: Path):
    for change, message in (
        ({"weights": (1.0,)}, "1 weights for 2 data sets; give --loader.weights one for each"),
        ({"weights": (1.0, 0.0)}, "must be positive numbers, got 1 0"),
        ({"batch": 20, "weights": (1.0, 1.0)}, "a batch of 20 takes 10 samples of data set 2, which has 9; choose"),
        ({"batch": 30, "weights": ()}, "a batch of 30 cannot be filled from 29 samples; choose"),
        ({"shards": (image_shards, video_shards)}, "train on data sets of one kind"),
        ({"shards": (image_shards, image_shards)}, "are the same samples"),
    ):
        with pytest.raises(Refusal, match=message):
            replace(loader, **change).open(Place(), 0)
