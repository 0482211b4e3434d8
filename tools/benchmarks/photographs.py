"""Photographs in a folder and in shards, and which parts of them are cut: the same files and boxes for every loader."""

import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from pipelines.draws import Draws
from pipelines.views import SimCLRViews
from shards.encode import jpeg
from shards.read import Shards
from shards.refusal import Refusal

TOOLS = Path(__file__).parents[1]
SIZES = ((375, 500), (500, 375), (333, 500), (480, 640))


@dataclass(frozen=True)
class Photographs:
    """Where they lie."""

    folder: Path
    """One folder per class."""
    files: tuple[str, ...]
    """Their paths, by the numbers that they have as samples."""
    shards: Path
    """The files as they are."""
    smaller: Path
    """Recoded to a shorter side of 256."""


def lay_out(root: Path | None, work: Path, count: int = 400) -> Photographs:
    """Unpack and shard the photographs of ``root`` (class folders or a tar of them), or generated ones."""
    folder = unpacked(root, work) if root else work / f"generated-{count}"
    if not folder.is_dir():
        generate(folder, count)
    found = shard(folder, work / "shards" / folder.name)
    smaller = shard(folder, work / "shards" / f"{folder.name}-smaller", "recode:smaller")
    return Photographs(folder, numbered(folder, found, work), found, smaller)


def shard(folder: Path, out: Path, *words: str) -> Path:
    """Shards of the training split, by the command that users type."""
    command = [sys.executable, TOOLS / "make_shards.py", "--out", out, "--samples-per-shard", "20", "folder"]
    if subprocess.run([*map(str, command), "--root", str(folder), *words], stdout=subprocess.DEVNULL).returncode:
        raise Refusal(f"the shards of {folder} could not be made in {out}, for the reason above")
    return out / "train"


def boxes(shards: Path, passes: int) -> np.ndarray:
    """Where SimCLR crops each sample of the first epochs at seed 0: int64 [passes, 2, n, 4]."""
    extent = Shards(shards).index.extent[:, 1:].astype(np.int64)
    samples, views = np.arange(len(extent)), SimCLRViews()
    return np.stack([
        np.stack([views.boxes(extent, Draws(0, np.full_like(samples, number), samples, view)) for view in (0, 1)])
        for number in range(passes)
    ])  # fmt: skip


def numbered(root: Path, shards: Path, work: Path) -> tuple[str, ...]:
    """The file of each sample, known by its bytes; those of a tar are unpacked into ``work`` first."""
    paths = {path.read_bytes(): str(path) for path in sorted(unpacked(root, work).rglob("*")) if path.is_file()}
    data = Shards(shards)
    return tuple(paths[bytes(data.media(number))] for number in range(len(data)))


def unpacked(root: Path, work: Path) -> Path:
    """The folder of class folders that ``root`` is, or is a tar of."""
    folder = root if root.is_dir() else work.absolute() / root.stem
    if not folder.is_dir():
        with tarfile.open(root) as tar:
            tar.extractall(folder, filter="data")
    return folder


def generate(folder: Path, count: int) -> None:
    """Pictures with the spectrum of photographs (amplitude falls with frequency), at their sizes, about 100 kB each."""
    for number in range(count):
        height, width = SIZES[number % len(SIZES)]
        draw = np.random.default_rng(number)
        down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
        fall = np.maximum(np.hypot(down, across), 1 / width) ** -1.2
        noise = draw.standard_normal((3, *fall.shape)) + 1j * draw.standard_normal((3, *fall.shape))
        planes = np.fft.irfft2(noise * fall, (height, width))
        planes = planes[:1] + 0.3 * planes[1:].mean(0) + 0.3 * planes  # mostly light, a little colour
        planes = 128 + 55 * (planes - planes.mean()) / planes.std()
        file = folder / f"c{number % 10}" / f"{number:05d}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jpeg(np.clip(planes, 0, 255).transpose(1, 2, 0).astype(np.uint8)))


def photograph(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Smooth noise at several scales, strongest at the largest, as in a photograph."""
    scales = 4, 8, 16, 32
    layers = (rng.uniform(0, 255, (scale, scale, 3)).astype(np.uint8) for scale in scales)
    resized = [np.asarray(Image.fromarray(x).resize((width, height), Image.Resampling.BICUBIC), float) for x in layers]
    return np.average(resized, axis=0, weights=[1 / scale for scale in scales]).round().astype(np.uint8)
