"""Texture negatives: view 0's own draws on the texture, the same in all frames; broken ones are stood in for."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from pipelines.batch import Batch
from pipelines.check import Check
from pipelines.decoders import Dali, Decord, Plain
from pipelines.decoders.cut import Broken
from pipelines.draws import Draws
from pipelines.faults import Faults
from pipelines.frames import Clip
from pipelines.loader import Loader, Place
from pipelines.negatives import NoNegatives, Textures
from pipelines.textured import Textured
from shards.read import Shards
from shards.refusal import Refusal
from shards.sample import Sample
from shards.sources.folder import Folder, Item
from shards.sources.listing import Listing
from tests.making import make_all
from tests.pipelines.conftest import encode_image, encode_video, photograph


@dataclass(frozen=True)
class Twins:
    """Files, and beside each a picture that is called its texture."""

    root: Path
    textures: Path

    def splits(self) -> Mapping[str, Listing]:
        return Folder(self.root).splits()

    def samples(self, item: Item) -> Iterator[Sample]:
        for sample in Folder(self.root).samples(item):
            texture = (self.textures / sample.name).with_suffix(".jpg").read_bytes()
            yield replace(sample, media={**sample.media, "texture.jpg": texture})


@pytest.fixture(scope="module", params=["image", "video"])
def twins(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Loader:
    """A loader of samples whose texture is the very picture, or the picture that a whole clip shows."""
    root, textures, rng = (
        tmp_path_factory.mktemp("files"),
        tmp_path_factory.mktemp("textures"),
        np.random.default_rng(5),
    )
    image = request.param == "image"
    for number in range(12):
        pixels = photograph(rng, *(rng.integers(60, 200, 2) // 2 * 2))
        for folder in (root, textures):
            (folder / f"class{number % 2}").mkdir(exist_ok=True)
        jpeg = encode_image(pixels, "JPEG", quality=100, subsampling=0)
        (textures / f"class{number % 2}/{number}.jpg").write_bytes(jpeg)
        video = b"" if image else encode_video(np.stack([pixels] * 12), "h264")
        (root / f"class{number % 2}/{number}.{'jpg' if image else 'mp4'}").write_bytes(jpeg if image else video)
    out, source = tmp_path_factory.mktemp("shards"), Twins(root, textures)
    clip, decoder = (Clip(), Dali()) if image else (Clip(4, 2), Decord())
    check = Check("image" if image else "video", (decoder,))  # so that loaders need not ask a child about every file
    assert sum(make_all(source, source.splits()["train"], out, samples_per_shard=6, check=check)) == 12
    return Loader(out, 6, 32, clip, decoder, negatives=Textures())


def batches(loader: Loader, count: int, step: int = 0, place: Place | None = None, faults=None) -> list[Batch]:
    with closing(loader.open(place or Place(), 3, step, faults=faults)) as stream:
        return list(islice(stream, count))


def test_a_texture_that_is_the_picture_becomes_view_0(twins: Loader):
    for batch in batches(twins, 4):
        negatives = batch.negatives
        assert negatives.shape == (6, 1, *batch.views[0].shape[1:])
        if twins.decoder == Dali():
            assert torch.equal(negatives[:, 0], batch.views[0])
        else:  # H.264 keeps a picture less well than JPEG
            assert (negatives[:, 0] - batch.views[0]).abs().mean() < 0.02
            assert (negatives[:, 0] - batch.views[1]).abs().mean() > 0.1
        assert torch.equal(negatives, negatives[:, :, :1].expand_as(negatives))  # nothing flickers


def test_view_0_is_the_same_with_textures_and_without(twins: Loader):
    for with_them, without in zip(batches(twins, 2), batches(replace(twins, negatives=NoNegatives()), 2), strict=True):
        assert torch.equal(with_them.views[0], without.views[0]) and torch.equal(with_them.views[1], without.views[1])


def test_texture_negatives_are_the_same_beside_support_views(twins: Loader):
    with closing(twins.open(Place(), 3, support=2)) as stream:
        batch, plain = next(stream), batches(twins, 1)[0]
    assert len(batch.support) == 2 and torch.equal(batch.negatives, plain.negatives)


def test_texture_negatives_depend_on_the_step_alone(twins: Loader):
    whole = batches(twins, 3)
    assert torch.equal(batches(twins, 1, step=2)[0].negatives, whole[2].negatives)
    parts = [batches(twins, 3, place=Place(rank, 3)) for rank in range(3)]
    for step, batch in enumerate(whole):
        together = torch.cat([part[step].negatives for part in parts])
        torch.testing.assert_close(together, batch.negatives, rtol=0, atol=1e-6)


def test_a_sample_with_a_broken_texture_is_stood_in_for(twins: Loader, tmp_path: Path):
    folder = Path(shutil.copytree(twins.shards, tmp_path / "copy"))
    shards, bad = Shards(folder), [2, 9]
    for sample in bad:
        member = int(shards.index.members_end[sample]) - 1
        assert shards.index.extension[member] == "texture.jpg"
        file, middle = folder / shards.tar(sample), int(shards.index.offset[member] + shards.index.size[member] // 2)
        content = bytearray(file.read_bytes())
        content[middle] ^= 0xFF
        file.write_bytes(content)
    faults = Faults()
    found = batches(replace(twins, shards=folder), 4, faults=faults)
    assert not {*bad} & {number for batch in found for number in batch.ids.tolist()}
    assert {fault.sample: fault.reason for fault in faults.all()} == dict.fromkeys(
        bad, "the bytes of its texture have changed since they were written"
    )
    plain = Faults()
    batches(replace(twins, shards=folder, negatives=NoNegatives()), 4, faults=plain)
    assert not plain.all()  # who does not look at textures is not hindered by them


def test_a_texture_that_does_not_decode_is_named_with_its_sample(twins: Loader, monkeypatch: pytest.MonkeyPatch):
    shards = Shards(twins.shards)
    textured = Textured(shards, Plain(), Place())
    monkeypatch.setattr(shards, "texture", lambda sample: b"no picture")
    draws = Draws(0, np.zeros(2, np.int64), np.arange(2), 0)
    with pytest.raises(Broken) as broken:
        textured(twins.views, draws, 32)
    assert set(broken.value.reasons) == {0, 1} and broken.value.reasons[0].startswith("its texture: ")


def test_shards_without_textures_are_refused_with_the_remedy(image_shards: Path):
    loader = Loader(image_shards, 4, 32, negatives=Textures())
    with pytest.raises(Refusal, match="20 of 20 samples have no texture.*make_shards.py … texture:stochastic"):
        loader.open(Place(), 0)
