"""Small generated photographs and videos whose frames say their own number, as files and as shards."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image

from pipelines.check import Check
from pipelines.decoders import Dali, Decord, PyAV, Turbo
from pipelines.decoders.cut import Cut
from pipelines.draws import Draws
from shards.manifest import Manifest
from shards.media import examine
from shards.sources.folder import Folder
from tests.making import make_all
from tools.benchmarks.photographs import photograph

BITS = 6  # a frame's number is written over its picture as so many bright or dark columns
FORMATS = {
    "h264": ("mp4", "libx264", {}),
    "h264-short-groups": ("mp4", "libx264", {"bf": "2", "g": "12"}),
    "mpeg4": ("avi", "mpeg4", {}),
    "mpeg4-b-frames": ("avi", "mpeg4", {"bf": "2"}),
    "open-groups": ("mp4", "mpeg4", {"bf": "2"}),
}
SOUND = ("h264", "h264-short-groups", "mpeg4", "mpeg4-b-frames")


def encode_image(pixels: np.ndarray, form: str, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, **options)
    return file.getvalue()


def encode_video(frames: np.ndarray, form: str) -> bytes:
    container_name, codec, options = FORMATS[form]
    file = io.BytesIO()
    with av.open(file, "w", format=container_name) as container:
        stream = container.add_stream(codec, rate=25, options={**options, "threads": "1"})
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "yuv420p"
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def numbered_frames(count: int, height: int = 64, width: int = 96) -> np.ndarray:
    bits = np.arange(count)[:, None] >> np.arange(BITS) & 1
    columns = np.repeat(40 + 170 * bits, width // BITS, axis=1).astype(np.uint8)
    return np.broadcast_to(columns[:, None, :, None], (count, height, width, 3)).copy()


@pytest.fixture(scope="session")
def photographs() -> dict[str, bytes]:
    """Images by name: JPEG with full and with halved colour, grey JPEG, PNG; sides of 100 to 500 pixels."""
    rng = np.random.default_rng(0)
    files = {}
    for number in range(5):
        pictures = [photograph(rng, *rng.integers(100, 500, 2)) for _ in range(4)]
        files[f"full{number}.jpg"] = encode_image(pictures[0], "JPEG", quality=90, subsampling=0)
        files[f"half{number}.jpg"] = encode_image(pictures[1], "JPEG", quality=90, subsampling=2)
        files[f"gray{number}.jpg"] = encode_image(pictures[2][:, :, 0], "JPEG", quality=90)
        files[f"lossless{number}.png"] = encode_image(pictures[3], "PNG")
    return files


@pytest.fixture(scope="session")
def videos() -> dict[str, bytes]:
    """A video of 40 numbered frames in each of the formats."""
    return {f"{form}.{FORMATS[form][0]}": encode_video(numbered_frames(40), form) for form in SOUND}


@pytest.fixture(scope="session")
def open_groups() -> dict[str, bytes]:
    """A video whose key frames follow B-frames that are shown before them."""
    return {"open.mp4": encode_video(numbered_frames(40), "open-groups")}


@pytest.fixture(scope="session")
def frame_number() -> Callable[[torch.Tensor], torch.Tensor]:
    """Reads the numbers off pictures ``… c h w`` of whole frames."""

    def read(pixels: torch.Tensor) -> torch.Tensor:
        columns = pixels.float().mean((-3, -2)).unflatten(-1, (BITS, -1)).mean(-1)
        return ((columns > 125) * 2 ** torch.arange(BITS)).sum(-1)

    return read


@pytest.fixture(scope="session")
def cut_of() -> Callable[..., Cut]:
    """Plans whole frames of encoded files, with the extent that the index would state."""

    def plan(files: dict[str, bytes], frames: Sequence, side: int = 48) -> Cut:
        found = [examine(name.rpartition(".")[2], content) for name, content in files.items()]
        extent = np.array([(m.frames, m.height, m.width) for m in found])
        numbers = np.asarray(frames)
        whole = np.concatenate([np.zeros_like(extent[:, :2]), extent[:, 1:]], axis=1)
        keys = [np.array(m.key_frames, np.int32) for m in found]
        return Cut(list(files.values()), list(files), extent, keys, numbers, np.stack([whole] * len(numbers)), side)

    return plan


@pytest.fixture(scope="session")
def drawn() -> Callable[..., Draws]:
    def make(count: int, seed: int = 0, epoch: int = 0, view: int = 0, first: int = 0) -> Draws:
        return Draws(seed, np.full(count, epoch), np.arange(first, first + count), view)

    return make


def _shards(root: Path, out: Path, files: dict[str, bytes]) -> Path:
    for number, (name, content) in enumerate(files.items()):
        (root / f"class{number % 3}").mkdir(parents=True, exist_ok=True)
        (root / f"class{number % 3}" / name).write_bytes(content)
    source = Folder(root)
    listing = source.splits()["train"]
    check = Check(listing.kind, (Turbo(), Dali()) if listing.kind == "image" else (PyAV(), Decord()))
    assert sum(make_all(source, listing, out, samples_per_shard=5, jobs=1, check=check)) == len(files)
    assert Manifest.load(out).quarantined == 0
    return out


@pytest.fixture(scope="session")
def image_shards(tmp_path_factory: pytest.TempPathFactory, photographs: dict[str, bytes]) -> Path:
    return _shards(tmp_path_factory.mktemp("images"), tmp_path_factory.mktemp("shards"), photographs)


@pytest.fixture(scope="session")
def video_shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {}
    for number in range(12):
        form = SOUND[number % len(SOUND)]
        files[f"v{number}.{FORMATS[form][0]}"] = encode_video(numbered_frames(10 + 3 * number), form)
    return _shards(tmp_path_factory.mktemp("videos"), tmp_path_factory.mktemp("video-shards"), files)
