"""Ten seconds of real motion, many times: cameras that pan and zoom over noise, and things that pass by.

Noise has the spectrum of photographs (power falling with frequency squared), and the file is what others' tools make:
H.264 as x264 does when told nothing, a key frame every 250 frames. Such files are what clips are cut from in the field.
"""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from PIL import Image

SECONDS, RATE, HEIGHT, WIDTH = 10, 30, 256, 340
FIELD = 1024  # pixels of the noise that cameras look at
CLASSES = 5


def film(folder: Path, count: int) -> list[Path]:
    """Write ``count`` videos of about 450 kB to FOLDER/CLASS/; the same ones every time. Returns: their paths."""
    paths = [folder / f"class{number % CLASSES}" / f"{number:04d}.mp4" for number in range(count)]
    for number, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(path, "w") as container:
            stream = container.add_stream("libx264", rate=RATE)
            stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
            stream.codec_context.thread_count = 1  # x264's output depends on its number of threads
            for picture in _pictures(np.random.default_rng(number)):
                container.mux(stream.encode(av.VideoFrame.from_image(picture)))
            container.mux(stream.encode())
    return paths


def _pictures(rng: np.random.Generator) -> Iterator[Image.Image]:
    """What one camera sees: the ground, and two discs of other noise on ways of their own."""
    ground, *things = (_noise(rng) for _ in range(3))
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    radius = rng.uniform(30, 60, 2)
    pan, *paths = (_path(rng) for _ in range(3))
    zoom = 1 + 0.2 * _path(rng)[:, 0] / 200
    for time in range(SECONDS * RATE):
        seen = _window(ground, pan[time] + 300, zoom[time])
        for thing, path, r in zip(things, paths, radius, strict=True):
            disc = np.hypot(y - HEIGHT / 2 - path[time, 0], x - WIDTH / 2 - path[time, 1]) < r
            seen.paste(_window(thing, path[time] + 300, 1.0), mask=Image.fromarray(disc))
        yield seen


def _noise(rng: np.random.Generator) -> Image.Image:
    """A square of coloured noise."""
    frequency = np.hypot(np.fft.fftfreq(FIELD)[:, None], np.fft.rfftfreq(FIELD)[None])
    spectrum = np.fft.rfft2(rng.standard_normal((3, FIELD, FIELD))) / np.maximum(frequency, 1 / FIELD)
    waves = np.fft.irfft2(spectrum)
    light, colour = waves[:1] / waves[0].std(), waves / waves.std((1, 2), keepdims=True)
    return Image.fromarray((128 + 24 * light + 7 * colour).clip(0, 255).astype(np.uint8).transpose(1, 2, 0).copy())


def _path(rng: np.random.Generator) -> np.ndarray:
    """A smooth way about the origin, in pixels: [t, 2]."""
    time = np.arange(SECONDS * RATE)[:, None] / RATE
    waves = (30 / wave * np.sin(wave * time + rng.uniform(0, 2 * np.pi, 2)) for wave in rng.uniform(0.3, 2, 3))
    return sum(waves, np.zeros((len(time), 2))).clip(-250, 250)


def _window(field: Image.Image, corner: np.ndarray, zoom: float) -> Image.Image:
    top, left = corner.tolist()
    affine = (zoom, 0, left, 0, zoom, top)
    return field.transform((WIDTH, HEIGHT), Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR)
