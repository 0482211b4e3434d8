"""Promise 1 on the whole road: a batch is a pure function of (shards, seed, step), whoever asks and from where."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from pipelines.batch import Batch
from pipelines.boxes import centre_boxes
from pipelines.clock import Clock
from pipelines.decoders import Dali, Decord, Plain, Turbo
from pipelines.decoders.cut import Cut
from pipelines.frames import Clip
from pipelines.loader import Loader, Place
from pipelines.negatives import Patches
from shards.read import Shards
from shards.refusal import Refusal


@pytest.fixture(params=["image", "video"])
def loader(request: pytest.FixtureRequest, image_shards: Path, video_shards: Path) -> Loader:
    if request.param == "image":
        return Loader(image_shards, 8, 32, negatives=Patches(2))
    return Loader(video_shards, 8, 32, Clip(4, 2, 0.5), Decord(), negatives=Patches())


def batches(loader: Loader, count: int, step: int = 0, seed: int = 3, place: Place | None = None) -> list[Batch]:
    with closing(loader.open(place or Place(), seed, step)) as stream:
        return list(islice(stream, count))


def all_of(sweep: Iterator[tuple[np.ndarray, torch.Tensor]], samples: np.ndarray) -> torch.Tensor:
    numbers, pixels = zip(*sweep, strict=True)
    assert np.concatenate(numbers).tolist() == samples.tolist()
    return torch.cat(pixels)


def equal(one: Batch, other: Batch) -> bool:
    def tensors(batch: Batch) -> Iterator[torch.Tensor]:
        yield from (*batch.views, batch.negatives, batch.ids, batch.labels)

    return all(torch.equal(a, b) for a, b in zip(tensors(one), tensors(other), strict=True))


def test_a_stream_opened_later_is_the_stream_from_the_start(loader: Loader):
    whole = batches(loader, 4)
    for step in (1, 3):  # batches 1 (videos) and 2 (images) straddle two epochs
        assert all(map(equal, batches(loader, 4 - step, step), whole[step:]))


@pytest.mark.parametrize("world", [2, 4])
def test_parts_of_all_ranks_make_the_batch_of_one(loader: Loader, world: int):
    parts = [batches(loader, 2, place=Place(rank, world)) for rank in range(world)]
    for step, whole in enumerate(batches(loader, 2)):
        mine = [part[step] for part in parts]
        assert torch.equal(torch.cat([batch.ids for batch in mine]), whole.ids)
        assert torch.equal(torch.cat([batch.labels for batch in mine]), whole.labels)
        pairs = [(torch.cat([b.views[v] for b in mine]), whole.views[v]) for v in range(2)]
        for part, one in [*pairs, (torch.cat([batch.negatives for batch in mine]), whole.negatives)]:
            torch.testing.assert_close(part, one, rtol=0, atol=1e-6)


def test_an_epoch_shows_every_sample_once_with_its_label(loader: Loader):
    shards = Shards(loader.shards)
    found = batches(replace(loader, batch=4), 2 * len(shards) // 4)
    ids, labels = (torch.cat([getattr(batch, name) for batch in found]).numpy() for name in ("ids", "labels"))
    first, second = ids.reshape(2, -1)
    assert sorted(first) == sorted(second) == list(range(len(shards))) and (first != second).any()
    assert (labels == shards.labels()[ids]).all()
    names = shards.index.name[ids]
    assert [f"class{label}" for label in labels] == [str(name).partition("/")[0] for name in names]


def test_batches_have_the_shapes_that_were_promised(loader: Loader):
    (batch,), frames = batches(loader, 1), loader.clip.length
    assert [view.shape for view in batch.views] == [(8, frames, 3, 32, 32)] * 2
    assert batch.negatives.shape == (8, loader.negatives.count, frames, 3, 32, 32)
    for pixels in (*batch.views, batch.negatives):
        assert pixels.dtype == torch.float32 and pixels.min() >= 0 and pixels.max() <= 1
    assert not torch.equal(*batch.views)


def test_another_seed_makes_another_stream(loader: Loader):
    (one,), (other,) = batches(loader, 1), batches(loader, 1, seed=4)
    assert not torch.equal(one.ids, other.ids)


def test_global_generators_are_neither_used_nor_moved(loader: Loader):
    found = []
    for seed in (0, 1):
        torch.manual_seed(seed), np.random.seed(seed)
        before = torch.get_rng_state(), np.random.get_state()[1].copy()
        found += batches(loader, 1)
        assert torch.equal(torch.get_rng_state(), before[0]) and (np.random.get_state()[1] == before[1]).all()
    assert equal(*found)


def test_threads_change_nothing(loader: Loader):
    assert all(map(equal, batches(loader, 2), batches(loader, 2, place=Place(threads=3))))


def test_every_stage_is_timed(loader: Loader):
    clock = Clock()
    with closing(loader.open(Place(), 0, clock=clock)) as stream:
        next(stream)
    assert clock.read().keys() == {"read", "decode", "wait", "transfer", "augment"}


@pytest.mark.parametrize(
    "kind, change, place, message",
    [
        ("image", {"batch": 8}, Place(0, 3), "batch of 8 .* 3 processes; choose"),
        ("image", {"batch": 21}, Place(), "21 cannot be filled from 20 samples; choose"),
        ("image", {"clip": Clip(4)}, Place(), "clips of 4 frames; choose"),
        ("image", {"decoder": Decord()}, Place(), "use decoder:auto"),
        ("video", {"decoder": Dali()}, Place(), "use decoder:auto"),
        ("video", {"decoder": Turbo()}, Place(), "use decoder:auto"),
    ],
)
def test_what_does_not_fit_is_refused_before_the_first_batch(
    kind: str, change: dict, place: Place, message: str, image_shards: Path, video_shards: Path
):
    with pytest.raises(Refusal, match=message):
        Loader(image_shards if kind == "image" else video_shards, **{"batch": 4, **change}).open(place, 0)


@pytest.mark.parametrize("batch", [1, 3, 256])
def test_a_sweep_is_the_plain_centre_crop_in_the_asked_order(loader: Loader, batch: int):
    shards = Shards(loader.shards)
    samples = np.array([7, 2, 2, 11, 0])
    exact = replace(loader, decoder=Plain(), batch=batch)
    swept = all_of(exact.sweep(shards, Place(), samples), samples)
    extent = shards.index.extent[samples].astype(np.int64)
    cut = Cut([shards.media(int(i)) for i in samples], shards.index.name[samples].tolist(), extent, [np.empty(0)] * 5,
              loader.clip.middle(extent[:, 0])[None], centre_boxes(extent[:, 1:])[None], 32)  # fmt: skip
    assert torch.equal(swept, Plain().open(shards.manifest.kind, Place().device, 1)(cut)[0] / 255)
    fast = [all_of(replace(loader, batch=batch).sweep(shards, Place(), samples), samples) for _ in range(2)]
    assert torch.equal(*fast) and (fast[0] - swept).abs().mean() < 0.02


def test_a_sweep_shows_the_frames_in_the_middle(video_shards: Path):
    shards, clip = Shards(video_shards), Clip(3, 2)
    loader = Loader(video_shards, 6, 48, clip, Decord())
    pixels = all_of(loader.sweep(shards, Place(), np.arange(12)), np.arange(12))
    columns = pixels.mean((-3, -2)).unflatten(-1, (4, -1)).mean(-1)  # the middle square shows bits 1 to 4 of 6
    bits = ((columns > 0.5) * 2 ** torch.arange(1, 5)).sum(-1)
    assert bits.tolist() == (clip.middle(shards.index.extent[:, 0].astype(np.int64)) & 0b011110).tolist()
