"""A broken sample is replaced by the next sound one of its epoch, wherever and however it is found out."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from pipelines.batch import Batch
from pipelines.decoders import Dali, Decoder, Decord, Plain, Turbo
from pipelines.decoders.cut import Broken
from pipelines.faults import Faults
from pipelines.frames import Clip
from pipelines.loader import Loader, Place
from shards.order import Order, permutation
from shards.read import Shards
from shards.refusal import Refusal
from shards.sources.folder import Folder
from tests.making import make_all
from tests.pipelines.fragile import Fragile

SEED = 3


def spoil(folder: Path, samples: list[int]) -> None:
    """Change one byte of each of these samples where they lie in their tars."""
    shards = Shards(folder)
    for sample in samples:
        file = folder / shards.tar(sample)
        content = bytearray(file.read_bytes())
        content[int(shards.index.offset[sample]) + int(shards.index.size[sample]) // 2] ^= 0xFF
        file.write_bytes(content)


@pytest.fixture(params=["image", "video"])
def spoilt(request: pytest.FixtureRequest, image_shards: Path, video_shards: Path, tmp_path: Path):
    """A loader of a data set some of whose bytes have changed, and the numbers of those samples."""
    image = request.param == "image"
    folder = Path(shutil.copytree(image_shards if image else video_shards, tmp_path / "copy"))
    order = permutation(20 if image else 12, SEED, 0)
    bad = sorted(int(n) for n in (*order[1:4], order[7], order[-1]))  # three in a row, one alone, and the last
    spoil(folder, bad)
    return Loader(folder, 4, 32, Clip() if image else Clip(4, 2), Turbo() if image else Decord()), bad


def batches(loader: Loader, count: int, step: int = 0, place: Place | None = None, faults=None) -> list[Batch]:
    with closing(loader.open(place or Place(), SEED, step, faults=faults)) as stream:
        return list(islice(stream, count))


def expected(count: int, batch: int, steps: int, bad: list[int]) -> list[list[int]]:
    """Who is in each batch, written down anew: the next of the epoch's order, from its start after its end."""
    order, found = Order(count, batch, SEED), []
    for step in range(steps):
        found.append([])
        for epoch, sample in zip(*order.at(step), strict=True):
            ring = permutation(count, SEED, int(epoch)).tolist()
            while sample in bad:
                sample = ring[(ring.index(sample) + 1) % count]
            found[-1].append(int(sample))
    return found


def test_the_next_sound_sample_of_the_epoch_stands_in(spoilt: tuple[Loader, list[int]]):
    loader, bad = spoilt
    shards, faults, steps = Shards(loader.shards), Faults(), 7
    count = len(shards)
    found = batches(loader, steps, faults=faults)
    ids = [batch.ids.tolist() for batch in found]
    assert ids == expected(count, 4, steps, bad)
    assert [fault.sample for fault in faults.all()] == bad
    for fault in faults.all():
        assert fault.name == shards.index.name[fault.sample] and fault.shard == shards.tar(fault.sample)
        assert fault.reason == "its bytes have changed since they were written"
    order = Order(count, 4, SEED)
    drawn = [order.at(step)[1].tolist() for step in range(steps)]
    assert faults.read() == sum(a != b for one, other in zip(ids, drawn, strict=True) for a, b in zip(one, other)) > 5  # noqa: B905
    assert faults.read() == 0


def test_a_stand_in_has_its_own_draws(spoilt: tuple[Loader, list[int]], image_shards: Path, video_shards: Path):
    """What stands in looks as it does where it is drawn itself: in the same epoch of the whole data set."""
    loader, bad = spoilt
    whole = replace(loader, shards=image_shards if loader.decoder == Turbo() else video_shards)
    own = {}
    for batch in batches(whole, 3 if loader.decoder == Decord() else 5):
        own |= {int(sample): batch.views[0][row] for row, sample in enumerate(batch.ids)}
    first = batches(loader, 1)[0]
    ids = first.ids.tolist()
    assert ids[0] not in bad and len(set(ids)) < len(ids)  # three in a row have the same stand-in
    for row, sample in enumerate(ids):
        torch.testing.assert_close(first.views[0][row], own[sample], rtol=0, atol=1e-6)


def test_resuming_and_sharing_the_work_change_nothing(spoilt: tuple[Loader, list[int]]):
    loader, _ = spoilt
    whole = batches(loader, 6)
    for step, batch in enumerate(batches(loader, 3, step=3), start=3):
        assert torch.equal(batch.ids, whole[step].ids) and torch.equal(batch.views[1], whole[step].views[1])
    parts = [batches(loader, 6, place=Place(rank, 2)) for rank in range(2)]
    for step, batch in enumerate(whole):
        assert torch.equal(torch.cat([part[step].ids for part in parts]), batch.ids)
        pixels = torch.cat([part[step].views[0] for part in parts])
        torch.testing.assert_close(pixels, batch.views[0], rtol=0, atol=1e-6)


def test_a_sweep_leaves_broken_samples_out(spoilt: tuple[Loader, list[int]]):
    loader, bad = spoilt
    shards, faults = Shards(loader.shards), Faults()
    asked = np.array([*bad, *(n for n in range(len(shards)) if n not in bad)][::-1])
    numbers, pixels = zip(*loader.sweep(shards, Place(), asked, faults), strict=True)
    assert np.concatenate(numbers).tolist() == [n for n in asked if n not in bad]
    assert [len(part) for part in pixels] == [len(part) for part in numbers]
    assert [fault.sample for fault in faults.all()] == bad
    assert list(loader.sweep(shards, Place(), np.array(bad))) == []


def data_set(root: Path, files: dict[str, bytes], out: Path, checked: tuple[str, ...] = ()) -> Path:
    """Shards of files that were measured, but checked by none, whatever their manifest says."""
    (root / "a").mkdir(parents=True)
    for name, content in files.items():
        (root / "a" / name).write_bytes(content)
    source = Folder(root)
    make_all(source, source.splits()["train"], out, 50, 1)
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps({**manifest, "checked": checked}))
    return out


def truncated(photographs: dict[str, bytes], every: int, tail: Callable[[bytes], bytes] = lambda c: c[: len(c) // 2]):
    """Every so many-th photograph damaged so that its header still reads. Returns: files, and who is damaged."""
    names = [name for name in sorted(photographs) if name.endswith("jpg")]
    bad = names[::every]
    files = {name: tail(photographs[name]) if name in bad else photographs[name] for name in names}
    return files, {f"a/{name.partition('.')[0]}" for name in bad}


@pytest.mark.parametrize("decoder", [Turbo(), Dali(), Plain()])
@pytest.mark.parametrize("trusted", [True, False])
def test_whatever_does_not_decode_is_found_among_many(decoder: Decoder, trusted: bool, photographs, tmp_path):
    """In this process, where all culprits of a batch must be found, or by the child, as nobody has checked them."""
    files, bad = truncated(photographs, 4)
    folder = data_set(tmp_path / "root", files, tmp_path / "out", (decoder.library,) if trusted else ())
    faults, shards = Faults(), Shards(folder)
    found = batches(Loader(folder, 15, 32, decoder=decoder), 3, faults=faults)
    assert {fault.name for fault in faults.all()} == bad and len(bad) == 4
    assert all("truncated" in fault.reason for fault in faults.all())
    numbers = [fault.sample for fault in faults.all()]
    assert [batch.ids.tolist() for batch in found] == expected(len(shards), 15, 3, numbers)
    assert torch.isfinite(found[0].views[0]).all()


def test_a_batch_names_all_its_culprits(image_cut_of_five):
    cut, bad = image_cut_of_five
    for decoder in (Turbo(), Dali(), Plain()):
        execute = decoder.open("image", torch.device("cpu"), 1)
        with pytest.raises(Broken) as caught:
            execute(cut)
        assert sorted(caught.value.reasons) == bad and all(cut.names[row] in str(caught.value) for row in bad)


@pytest.fixture
def image_cut_of_five(photographs, cut_of):
    names = sorted(photographs)[:5]
    cut = cut_of({name: photographs[name] for name in names}, np.zeros((2, 5, 1), int))
    media = list(cut.media)
    media[1], media[3] = media[1][:200], media[3][: len(media[3]) // 2]
    return replace(cut, media=media), [1, 3]


def test_what_would_kill_this_process_is_asked_in_a_child_once(photographs, tmp_path):
    files, bad = truncated(photographs, 5, lambda content: content + b"crash")
    folder = data_set(tmp_path / "root", files, tmp_path / "out", (Plain().library, Turbo().library))
    faults = Faults()
    found = batches(Loader(folder, 5, 32, decoder=Fragile()), 6, faults=faults)
    assert {fault.name for fault in faults.all()} == bad
    assert all(fault.reason == "the decoder died of signal 11 (SIGSEGV)" for fault in faults.all())
    numbers = [fault.sample for fault in faults.all()]
    assert [batch.ids.tolist() for batch in found] == expected(15, 5, 6, numbers)
    asked = Loader(folder, 5, 32, decoder=Fragile()).open(Place(), SEED, faults=faults)
    with closing(asked):  # the verdicts are remembered: no child is needed, and none could start
        forbidden = pytest.MonkeyPatch()
        forbidden.setattr("shards.child.Child._start", lambda _: pytest.fail("a child was started"))
        assert next(asked).ids.tolist() == found[0].ids.tolist()
        forbidden.undo()


def test_where_nothing_is_sound_it_is_refused(photographs, tmp_path):
    files, _ = truncated(photographs, 1)
    folder = data_set(tmp_path / "root", files, tmp_path / "out", (Turbo().library,))
    with pytest.raises(Refusal, match="15 of its 15 samples in a row cannot be decoded, such as .*truncated"):
        batches(Loader(folder, 5, 32), 1)
    assert list(Loader(folder, 5, 32).sweep(Shards(folder), Place(), np.arange(15))) == []
