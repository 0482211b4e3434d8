"""A batch holds as many views as are asked for; each is the view of its number, however many there are."""

from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch

from pipelines.batch import Batch
from pipelines.decoders import Plain, PyAV, Turbo
from pipelines.frames import Clip
from pipelines.loader import Loader, Place
from pipelines.negatives import Patches
from pipelines.views import AnnealedViews, SimCLRViews, StrongAndWeak, WeakViews
from shards.read import Shards

SEED = 3


@pytest.fixture(params=["image", "video"])
def loader(request: pytest.FixtureRequest, image_shards: Path, video_shards: Path) -> Loader:
    if request.param == "image":
        return Loader(image_shards, 6, 24, decoder=Turbo(), negatives=Patches())
    return Loader(video_shards, 4, 24, Clip(4, 2, 0.5), PyAV(), negatives=Patches())


def batches(loader: Loader, count: int = 1, step: int = 0, place: Place | None = None, **asked: int) -> list[Batch]:
    with closing(loader.open(place or Place(), SEED, step, **asked)) as stream:
        return list(islice(stream, count))


def everything(batch: Batch) -> list[torch.Tensor]:
    return [*batch.views, *batch.support]


def test_as_many_views_as_asked_for_and_support_behind_them(loader: Loader):
    (most,) = batches(loader, views=5)
    assert len(most.views) == 5 and most.support == ()
    for asked in (
        {},
        {"views": 1},
        {"views": 3},
        {"support": 3},
        {"views": 1, "support": 2},
        {"views": 3, "support": 1},
    ):
        (batch,) = batches(loader, **asked)
        assert (len(batch.views), len(batch.support)) == (asked.get("views", 2), asked.get("support", 0))
        assert all(map(torch.equal, everything(batch), most.views))
        assert torch.equal(batch.negatives, most.negatives) and torch.equal(batch.ids, most.ids)


def test_a_third_view_is_weak_and_the_first_two_are_not(loader: Loader):
    """The strong ones are those of a loader of strong views, the weak one is that of a loader of weak ones."""
    mixed = replace(loader, decoder=Plain(), views=StrongAndWeak())
    (batch,) = batches(mixed, views=3)
    knobs = {name: value for name, value in vars(StrongAndWeak()).items() if name != "weak"}
    (strong,) = batches(replace(mixed, views=SimCLRViews(**knobs)), views=3)
    (weak,) = batches(replace(mixed, views=WeakViews()), views=3)
    assert torch.equal(batch.views[0], strong.views[0]) and torch.equal(batch.views[1], strong.views[1])
    assert torch.equal(batch.views[2], weak.views[2]) and not torch.equal(batch.views[2], strong.views[2])
    assert torch.equal(batch.negatives, strong.negatives)


def test_a_weak_view_is_the_middle_of_the_sample(image_shards: Path):
    exact = Loader(image_shards, 6, 24, decoder=Plain(), views=WeakViews(0.0))
    (batch,) = batches(exact, views=1)
    (_, middle), *_ = exact.sweep(Shards(image_shards), Place(), batch.ids.numpy())
    flipped = [not torch.equal(view, picture) for view, picture in zip(batch.views[0], middle, strict=True)]
    assert 0 < sum(flipped) < 6
    for view, picture, turned in zip(batch.views[0], middle, flipped, strict=True):
        assert torch.equal(view, picture.flip(-1) if turned else picture)


@pytest.mark.parametrize("views", [StrongAndWeak(), WeakViews(), AnnealedViews(epochs=2, every=1)])
def test_resumed_streams_and_parts_of_ranks_see_the_same(views, loader: Loader):
    loader = replace(loader, views=views, batch=4)
    whole = batches(loader, 7, views=3)  # of 20 or 12 samples: over the end of an epoch
    assert all(map(torch.equal, everything(batches(loader, 1, 6, views=3)[0]), everything(whole[6])))
    parts = [batches(loader, 1, 5, Place(rank, 2), views=3)[0] for rank in range(2)]
    for number, pixels in enumerate(whole[5].views):
        together = torch.cat([part.views[number] for part in parts])
        torch.testing.assert_close(together, pixels, rtol=0, atol=1e-6)
