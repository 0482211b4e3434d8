"""How much a texture keeps of its picture: the surface it should keep, the layout it should lose."""

import io
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

Pair = tuple[np.ndarray, np.ndarray]
"""A picture and its texture."""
COLOURS = 16  # steps per channel
DIRECTIONS = 16
PLACES = 8  # a thumbnail's side


def surface(picture: np.ndarray) -> np.ndarray:
    """Local statistics that know no places: how often each colour and each direction of an edge occurs."""
    steps = (picture.reshape(-1, 3).astype(np.int64) * COLOURS) >> 8
    colours = np.bincount(steps @ (COLOURS**2, COLOURS, 1), minlength=COLOURS**3)
    gray = picture.mean(-1)
    down, right = np.gradient(gray)
    turns = (np.arctan2(down, right) / (2 * np.pi) % 1 * DIRECTIONS).astype(np.int64) % DIRECTIONS
    edges = np.bincount(turns.ravel(), np.hypot(down, right).ravel(), DIRECTIONS)
    return np.concatenate([colours / colours.sum(), edges / max(edges.sum(), 1e-9)])


def layout(picture: np.ndarray) -> np.ndarray:
    """What is bright and what is dark, place by place: a thumbnail without its mean, of length 1 or, if flat, 0."""
    tiny = np.asarray(Image.fromarray(picture).convert("L").resize((PLACES, PLACES), Image.Resampling.BOX), float)
    centred = tiny.ravel() - tiny.mean()
    return centred / max(float(np.linalg.norm(centred)), 1e-9)


def timed_pair(content: bytes, texture: Callable[[np.ndarray, str], np.ndarray], name: str) -> tuple[Pair, float]:
    """An encoded picture and its texture, and how many CPU seconds that took."""
    with Image.open(io.BytesIO(content)) as image:
        picture = np.asarray(image.convert("RGB"))
    start = time.process_time()
    return (picture, texture(picture, name)), time.process_time() - start


def found_again(textures: np.ndarray, pictures: np.ndarray) -> float:
    """The share of textures whose surface [n, k] is nearest (chi-square) to that of their own picture."""
    apart = ((pictures - one) ** 2 / np.maximum(pictures + one, 1e-12) for one in textures)
    nearest = [each.sum(1).argmin() for each in apart]
    return float((np.array(nearest) == np.arange(len(nearest))).mean())


def sheet(pairs: list[Pair], columns: int = 8, side: int = 112) -> Image.Image:
    """Pictures, each with its texture below it."""
    rows = -(-len(pairs) // columns)
    canvas = Image.new("RGB", (columns * side, rows * (2 * side + 4)), "white")
    for n, pair in enumerate(pairs):
        for below, pixels in enumerate(pair):
            tile = Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS)
            canvas.paste(tile, (n % columns * side, n // columns * (2 * side + 4) + below * side))
    return canvas


def describe(pairs: list[Pair]) -> str:
    """The figures in words."""
    pictures, textures = (np.stack([surface(pair[side]) for pair in pairs]) for side in (0, 1))
    alike = np.stack([layout(made) for _, made in pairs]) @ np.stack([layout(picture) for picture, _ in pairs]).T
    own, others = alike.diagonal(), alike[~np.eye(len(pairs), dtype=bool)]
    return (
        f"surface: {found_again(textures, pictures):.1%} of {len(pairs)} textures are nearest to their own picture "
        f"(chance {1 / len(pairs):.2%})\nlayout: correlation with their own picture {own.mean():.3f} ± {own.std():.3f} "
        f"(standard error {own.std() / len(own) ** 0.5:.3f}), with others {others.mean():.3f} ± {others.std():.3f}"
    )
