"""What a generated object is: eight outlines, told apart after any turn, mirroring, shift or zoom.

An outline maps points of the object's own plane to a signed distance, negative inside. All enclose about the
same area around about the same centre, so that neither the amount nor the place of the foreground gives a class away.
"""

from collections.abc import Callable

import numpy as np

Outline = Callable[[np.ndarray, np.ndarray], np.ndarray]


def disc(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.hypot(x, y) - 0.8


def square(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(abs(x), abs(y)) - 0.71


def triangle(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(abs(x) * 0.866 - y / 2, y) - 0.62


def star(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    sector = 2 * np.pi / 5
    fold = abs((np.arctan2(y, x) + sector / 2) % sector - sector / 2)
    inner, outer = 0.52 * np.exp(0.5j * sector), 1.28
    edge = (inner - outer) / abs(inner - outer)
    radius = np.hypot(x, y)
    return edge.imag * (radius * np.cos(fold) - outer) - edge.real * radius * np.sin(fold)


def cross(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    along, across = np.maximum(abs(x), abs(y)), np.minimum(abs(x), abs(y))
    return np.maximum(along - 0.98, across - 0.3)


def ring(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return abs(np.hypot(x, y) - 0.8) - 0.2


def heart(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    half = 0.53  # a square on its corner, and a disc on each of two sides
    p, q = (x - y) * 0.7071 + half / 3, (-x - y) * 0.7071 + half / 3
    lobes = np.minimum(np.hypot(p - half, q), np.hypot(p, q - half))
    return np.minimum(np.maximum(abs(p), abs(q)), lobes) - half


def crescent(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(np.hypot(x - 0.38, y) - 1.08, 0.82 - np.hypot(x - 0.94, y))


SHAPES: dict[str, Outline] = {
    outline.__name__: outline for outline in (disc, square, triangle, star, cross, ring, heart, crescent)
}
