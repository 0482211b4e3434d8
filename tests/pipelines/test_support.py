"""Support views: those of further draw numbers, beside the two that a batch has anyway."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from pipelines.batch import Batch
from pipelines.boxes import random_boxes
from pipelines.clock import Clock
from pipelines.decoders import Dali, Decoder, Decord, Plain, PyAV, Turbo
from pipelines.decoders.cut import Cut
from pipelines.draws import Draws
from pipelines.frames import Clip
from pipelines.loader import Loader, Place
from pipelines.negatives import Frames, Patches
from shards.order import Order, permutation
from shards.read import Shards
from shards.refusal import Refusal
from tests.pipelines.test_substitutes import spoil

SEED, SUPPORT = 3, 3


@pytest.fixture(params=["image", "video"])
def loader(request: pytest.FixtureRequest, image_shards: Path, video_shards: Path) -> Loader:
    if request.param == "image":
        return Loader(image_shards, 6, 24, decoder=Turbo(), negatives=Patches())
    return Loader(video_shards, 4, 24, Clip(4, 2, 0.5), PyAV(), negatives=Frames())


@cache
def batches(
    loader: Loader, count: int, step: int = 0, support: int = SUPPORT, place: Place | None = None
) -> list[Batch]:
    with closing(loader.open(place or Place(), SEED, step, support=support)) as stream:
        return list(islice(stream, count))


def tensors(batch: Batch) -> Iterator[torch.Tensor]:
    yield from (*batch.views, batch.negatives, batch.ids, batch.labels)


def one_view(loader: Loader, epochs: np.ndarray, samples: np.ndarray, view: int) -> torch.Tensor:
    """A view decoded by itself, as its number draws it: by the oracle, planned anew."""
    shards, draws = Shards(loader.shards), [Draws(SEED, epochs, samples, number) for number in (0, view)]
    extent = shards.index.extent[samples].astype(np.int64)
    frames = loader.clip.draw(extent[:, 0], tuple(draws))[1 if view else 0]
    boxes = random_boxes(extent[:, 1:], draws[1], loader.views.scale, loader.views.ratio)
    media = [shards.media(int(sample)) for sample in samples]
    names, keys = shards.index.name[samples].tolist(), [np.empty(0)] * len(samples)
    cut = Cut(media, names, extent, keys, frames[None], boxes[None], loader.side)
    return loader.views(Plain().open(shards.manifest.kind, torch.device("cpu"), 1)(cut)[0], draws[1])


def test_each_support_view_is_the_view_of_its_number(loader: Loader):
    exact = replace(loader, decoder=Plain())
    order = Order(len(Shards(loader.shards)), loader.batch, SEED)
    for step, batch in enumerate(batches(exact, 2, 2), start=2):
        assert len(batch.views) == 2 and len(batch.support) == SUPPORT
        for view, pixels in enumerate((*batch.views, *batch.support)):
            assert torch.equal(pixels, one_view(loader, *order.at(step), view)), view
        assert len({pixels.numpy().tobytes() for pixels in (*batch.views, *batch.support)}) == 2 + SUPPORT


@pytest.mark.parametrize(
    "kind, decoder", [("image", Turbo()), ("image", Dali()), ("video", PyAV()), ("video", Decord())]
)
def test_the_rest_of_a_batch_does_not_depend_on_them(
    kind: str, decoder: Decoder, image_shards: Path, video_shards: Path
):
    image = kind == "image"
    loader = Loader(image_shards if image else video_shards, 4, 32, Clip() if image else Clip(4, 2), decoder,
                    negatives=Patches())  # fmt: skip
    for plain, with_them in zip(batches(loader, 2, support=0), batches(loader, 2), strict=True):
        assert plain.support == () and len(with_them.support) == SUPPORT
        assert all(torch.equal(one, other) for one, other in zip(tensors(plain), tensors(with_them), strict=True))


def test_fewer_of_them_are_the_first_of_more(loader: Loader):
    (few,), (more,) = batches(loader, 1, support=1), batches(loader, 1)
    assert torch.equal(few.support[0], more.support[0])


def test_a_stream_opened_later_has_the_same(loader: Loader):
    whole = batches(loader, 4)
    assert all(map(torch.equal, batches(loader, 1, 3)[0].support, whole[3].support))


def test_parts_of_all_ranks_make_those_of_one(loader: Loader):
    parts = [batches(loader, 2, place=Place(rank, 2)) for rank in range(2)]
    for step, whole in enumerate(batches(loader, 4)[:2]):
        for number, pixels in enumerate(whole.support):
            together = torch.cat([part[step].support[number] for part in parts])
            torch.testing.assert_close(together, pixels, rtol=0, atol=1e-6)


def test_a_substitute_has_its_own(image_shards: Path, tmp_path: Path):
    """One that stands in looks as it does where it is drawn itself: in the same epoch of the whole data set."""
    folder, order = Path(shutil.copytree(image_shards, tmp_path / "copy")), permutation(20, SEED, 0)
    spoil(folder, [int(order[1])])
    loader = Loader(image_shards, 4, 24, decoder=Turbo())
    (whole,), (mended,) = batches(loader, 1), batches(replace(loader, shards=folder), 1)
    assert whole.ids.tolist() == order[:4].tolist() and mended.ids.tolist() == order[[0, 2, 2, 3]].tolist()
    for number, pixels in enumerate(mended.support):
        assert torch.equal(pixels, whole.support[number][[0, 2, 2, 3]])


def test_any_number_of_views_is_decoded(loader: Loader):
    shards = Shards(loader.shards)
    found = {}
    for views in (1, 2, 5):
        with closing(loader.decoded(shards, Place(), SEED, 0, Clock(), views=views)) as stream:
            found[views] = next(stream).pixels.views
    assert [len(pixels) for pixels in found.values()] == [1, 2, 5]
    assert torch.equal(found[5][:1], found[1]) and torch.equal(found[5][:2], found[2])


def test_frame_negatives_of_pictures_are_refused_before_the_first_batch(image_shards: Path):
    with pytest.raises(Refusal, match="at least 2 frames, these have 1"):
        Loader(image_shards, 4, 24, negatives=Frames()).open(Place(), SEED)
