"""What enters a tar is decoded alike by everybody; whatever is not is listed with its reason, and nobody dies of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from pipelines.check import LOOSE, Check
from pipelines.decoders import Dali, Decord, Plain, Turbo
from pipelines.decoders.cut import Cut, Execute
from shards.media import Kind, examine
from shards.quarantine import read_quarantine
from shards.read import Shards
from shards.refusal import Refusal
from shards.sources.folder import Folder
from tests.making import make_all
from tests.pipelines.conftest import encode_image, encode_video, numbered_frames
from tests.pipelines.damage import FATAL, OF_IMAGES, OF_VIDEOS, damaged, odd_but_legal

FAST = {"image": (Turbo(), Dali()), "video": (Decord(),)}


def check(kind: Kind, name: str, content: bytes, decoder=None) -> None:
    Check(kind, (decoder,) if decoder else FAST[kind])(content, examine(name.rpartition(".")[2], content))


def test_healthy_pictures_pass(photographs: dict[str, bytes]):
    for name, content in photographs.items():
        check("image", name, content)
        check("image", name, content, Plain())


def test_healthy_videos_pass(videos: dict[str, bytes], open_groups: dict[str, bytes]):
    for name, content in (videos | open_groups).items():
        check("video", name, content)
    check("video", "one.mp4", encode_video(numbered_frames(1), "h264"))


@dataclass(frozen=True)
class Wrong(Decord):
    """decord, but for frames that were sought, or all of them, it shows others, or darkens what it shows."""

    seek: int = 0
    everywhere: int = 0
    dark: int = 0

    def open(self, kind: Kind, device: torch.device, threads: int) -> Execute:
        right = super().open(kind, device, threads)

        def execute(cut: Cut) -> torch.Tensor:
            off = self.everywhere + (self.seek if cut.frames.shape[2] <= 2 else 0)
            frames = np.clip(cut.frames + off, 0, cut.extent[0, 0] - 1)
            moved = Cut(cut.media, cut.names, cut.extent, cut.key_frames, frames, cut.boxes, cut.side)
            return (right(moved).short() - self.dark).clamp(0, 255).to(torch.uint8)

        return execute


@pytest.mark.parametrize(
    ("decoder", "message"),
    [
        (Wrong(seek=1), "decord .* and itself, read from the start, show frame .* differently"),
        (Wrong(everywhere=2), "decord .* and plain show frame .* differently"),
        (Wrong(dark=int(LOOSE) + 3), "decord .* and plain show frame .* differently, by [78] of 255"),
    ],
)
def test_a_decoder_that_shows_something_else_is_found_out(videos: dict[str, bytes], decoder: Wrong, message: str):
    with pytest.raises(Refusal, match=message):
        check("video", "h264.mp4", videos["h264.mp4"], decoder)
    check("video", "h264.mp4", videos["h264.mp4"], Wrong())


def test_a_video_that_decord_cannot_open_is_refused_by_it_alone(videos: dict[str, bytes]):
    media = examine("mp4", videos["h264.mp4"])
    other = type(media)(media.height, media.width, media.frames + 1, media.rate, media.key_frames)
    with pytest.raises(Refusal, match="the index says .41, 64, 96"):
        Check("video", (Decord(),))(videos["h264.mp4"], other)


@pytest.mark.parametrize("form", range(5))
def test_odd_pictures_are_decoded_alike_or_refused(photographs: dict[str, bytes], form: int):
    class Chosen:
        @staticmethod
        def integers(_: int) -> int:
            return form

    content = odd_but_legal(photographs["full0.jpg"], Chosen)  # pyright: ignore
    if form < 3:
        check("image", "odd.jpg", content)
    else:
        with pytest.raises(Refusal, match={3: "cannot read", 4: "and plain show the picture"}[form]):
            check("image", "odd.jpg", content)


def make(root: Path, files: dict[str, bytes], out: Path) -> tuple[Shards, dict[str, str]]:
    """A data set of these files, and the reasons for what was left out."""
    (root / "a").mkdir(parents=True)
    for name, content in files.items():
        (root / "a" / name).write_bytes(content)
    source = Folder(root)
    listing = source.splits()["train"]
    make_all(source, listing, out, 200, 1, Check(listing.kind, FAST[listing.kind]), seconds=20.0)
    return Shards(out), {one.name.removeprefix("a/"): one.reason for one in read_quarantine(out)}


def judge(shards: Shards, reasons: dict[str, str], good: dict[str, bytes], bad: dict[str, bytes]) -> None:
    """Everything is in the tar or in the list; what was good is in the tar, and what is there decodes."""
    kept = {str(name).removeprefix("a/"): number for number, name in enumerate(shards.index.name)}
    assert kept.keys() | reasons.keys() == {name.partition(".")[0] for name in good | bad}
    assert not kept.keys() & reasons.keys() and shards.manifest.quarantined == len(reasons)
    assert kept.keys() >= {name.partition(".")[0] for name in good} and all(reasons.values())
    assert not [name for name in kept if name.partition("-")[0] in FATAL]
    kind = shards.manifest.kind
    for number in kept.values():  # in this process: it is safe now
        plain, *fast = (whole(shards, number, d.open(kind, torch.device("cpu"), 1)) for d in (Plain(), *FAST[kind]))
        assert all((one.float() - plain.float()).abs().mean() < LOOSE for one in fast)
    if kind == "image":
        assert not [name for name in kept if name.startswith(("cut_short", "header_broken"))]


def whole(shards: Shards, number: int, execute: Execute) -> torch.Tensor:
    extent = shards.index.extent[[number]].astype(np.int64)
    frames = np.arange(extent[0, 0])[None, None]
    box = np.concatenate([np.zeros_like(extent[:, 1:]), extent[:, 1:]], axis=1)[None]
    keys = [shards.index.key_frames_of(number)]
    return execute(Cut([shards.media(number)], ["it"], extent, keys, frames, box, 32))


@pytest.mark.parametrize("count", [3, pytest.param(50, marks=pytest.mark.long)])
def test_damaged_pictures_are_left_out_or_decodable(photographs: dict[str, bytes], count: int, tmp_path: Path):
    rng = np.random.default_rng(1)
    small = {f"good{i}.jpg": encode_image(rng.integers(0, 255, (40, 60, 3), np.uint8), "JPEG") for i in range(10)}
    jpegs = {name: content for name, content in photographs.items() if name.endswith("jpg")} | small
    bad = damaged(jpegs, OF_IMAGES, count)
    shards, reasons = make(tmp_path / "root", small | bad, tmp_path / "out")
    judge(shards, reasons, small, bad)
    assert len(reasons) >= 5 * count  # of ten kinds, some of which are legal
    assert {name.partition("-")[0] for name in reasons} >= FATAL - {"noise_instead"} | {"cut_short", "header_broken"}


@pytest.mark.parametrize("count", [1, pytest.param(12, marks=pytest.mark.long)])
def test_damaged_videos_are_left_out_or_decodable(videos: dict[str, bytes], count: int, tmp_path: Path):
    bad = damaged(videos, OF_VIDEOS, count, seed=count)
    shards, reasons = make(tmp_path / "root", videos | bad, tmp_path / "out")
    judge(shards, reasons, videos, bad)
    assert {name.partition("-")[0] for name in reasons} >= FATAL - {"huge_png"}
