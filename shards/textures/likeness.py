"""How much a texture keeps of its picture: the surface it should keep, the layout it should lose."""

import numpy as np
from PIL import Image

COLOURS = 8  # steps per channel
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


def found_again(textures: np.ndarray, pictures: np.ndarray) -> float:
    """The share of textures whose surface [n, k] is nearest, in city blocks, to that of their own picture."""
    nearest = [np.abs(pictures - texture).sum(1).argmin() for texture in textures]
    return float((np.array(nearest) == np.arange(len(nearest))).mean())


def sheet(pairs: list[tuple[np.ndarray, np.ndarray]], columns: int = 8, side: int = 112) -> Image.Image:
    """Pictures, each with its texture below it."""
    rows = -(-len(pairs) // columns)
    canvas = Image.new("RGB", (columns * side, rows * (2 * side + 4)), "white")
    for n, pair in enumerate(pairs):
        for below, pixels in enumerate(pair):
            tile = Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS)
            canvas.paste(tile, (n % columns * side, n // columns * (2 * side + 4) + below * side))
    return canvas
