"""Small photographs and clips, made on the spot."""

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from shards.sources.folder import Folder
from tests.making import make_all

CLIP = {"frames": 20, "height": 48, "width": 64, "rate": Fraction(25, 2), "group": 8}


def photo(height: int, width: int, seed: int) -> np.ndarray:
    """Light from one corner to the other, with grain: uint8 of shape [height, width, 3]."""
    draw = np.random.default_rng(seed)
    corners = draw.uniform(0, 255, (2, 2, 3))
    y, x = np.linspace(0, 1, height)[:, None, None], np.linspace(0, 1, width)[None, :, None]
    light = (1 - y) * ((1 - x) * corners[0, 0] + x * corners[0, 1]) + y * ((1 - x) * corners[1, 0] + x * corners[1, 1])
    return np.clip(light + draw.normal(0, 12, (height, width, 1)), 0, 255).astype(np.uint8)


def picture(seed: int = 0, height: int = 24, width: int = 32, form: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(photo(height, width, seed)).save(file, form)
    return file.getvalue()


def film(file: Path, codec: str, **options: str) -> Path:
    """A grained picture that slides sideways, with a key frame at every ``group``-th frame."""
    scene = photo(CLIP["height"], CLIP["width"] + CLIP["frames"], 1)
    with av.open(file, "w") as container:
        stream = container.add_stream(codec, rate=CLIP["rate"])
        stream.height, stream.width, stream.pix_fmt = CLIP["height"], CLIP["width"], "yuv420p"
        stream.options = {"g": str(CLIP["group"]), "sc_threshold": "0", **options}
        stream.codec_context.thread_count = 1
        for shift in range(CLIP["frames"]):
            pixels = np.ascontiguousarray(scene[:, shift : shift + CLIP["width"]])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())
    return file


@pytest.fixture(scope="session")
def photos(tmp_path_factory) -> Path:
    """Eleven JPEG files of eleven sizes in three class folders. Read only."""
    root = tmp_path_factory.mktemp("photos")
    for i in range(11):
        file = root / ("boat", "heron", "reed.bed")[i % 3] / f"{i:03d}.jpg"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(picture(i, 24 + 5 * i, 64 - 3 * i))
    return root


@pytest.fixture(scope="session")
def h264(tmp_path_factory) -> Path:
    """An MP4 whose frames are stored in another order than they are shown. Read only."""
    return film(tmp_path_factory.mktemp("clips") / "slide.mp4", "libx264", bf="2", b_strategy="0")


@pytest.fixture(scope="session")
def mpeg4(tmp_path_factory) -> Path:
    """An AVI as the old data sets hold them. Read only."""
    return film(tmp_path_factory.mktemp("clips") / "slide.avi", "mpeg4")


@pytest.fixture(scope="session")
def finished(photos, tmp_path_factory) -> Path:
    """The photographs as a data set of three shards. Read only; copy it before you damage it."""
    folder = tmp_path_factory.mktemp("finished") / "train"
    source = Folder(photos)
    assert make_all(source, source.splits()["train"], folder, samples_per_shard=4, jobs=1) == [4, 4, 3]
    return folder


@pytest.fixture(scope="session")
def picture_bytes() -> bytes:
    return picture()
