"""What a generated object is made of: eight patterns, told apart after any turn, mirroring, shift, zoom or recolouring.

A pattern maps points of a plane, in periods, to a mixture of two colours between 0 and 1; ``lattice`` is a square of
random numbers for the patterns that have no period.
"""

from collections.abc import Callable

import numpy as np

Pattern = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
TURN = 2 * np.pi


def stripes(x: np.ndarray, y: np.ndarray, lattice: np.ndarray) -> np.ndarray:
    return _harden(np.sin(TURN * x))


def checks(x: np.ndarray, y: np.ndarray, lattice: np.ndarray) -> np.ndarray:
    return _harden(2 * np.sin(TURN / 1.6 * x) * np.sin(TURN / 1.6 * y))


def dots(x: np.ndarray, y: np.ndarray, lattice: np.ndarray) -> np.ndarray:
    return _harden(np.cos(TURN * x) + np.cos(TURN * y) - 0.5)


def grid(x: np.ndarray, y: np.ndarray, lattice: np.ndarray) -> np.ndarray:
    return _harden(2 * np.maximum(np.cos(TURN / 1.3 * x), np.cos(TURN / 1.3 * y)) - 1.4)


def bricks(x: np.ndarray, y: np.ndarray, lattice: np.ndarray) -> np.ndarray:
    course = np.floor(1.2 * y)
    bed, joint = np.cos(TURN * 1.2 * y), np.cos(TURN * (0.5 * x + 0.5 * course)) * 4 - 3
    return _harden(2 * np.maximum(bed, joint) - 1.2)


def waves(x: np.ndarray, y: np.ndarray, lattice: np.ndarray) -> np.ndarray:
    return _harden(np.sin(TURN * (x + 0.4 * np.sin(TURN * 0.5 * y))))


def blobs(x: np.ndarray, y: np.ndarray, lattice: np.ndarray) -> np.ndarray:
    x, y = 1.6 * x, 1.6 * y  # so that its waves are as long as the other patterns', which raw pixels would tell apart
    column, row = np.floor(x), np.floor(y)
    across, down = _ease(x - column), _ease(y - row)
    above = _cell(lattice, column, row) * (1 - across) + _cell(lattice, column + 1, row) * across
    below = _cell(lattice, column, row + 1) * (1 - across) + _cell(lattice, column + 1, row + 1) * across
    return _harden(6 * (above * (1 - down) + below * down - 0.5))


def speckle(x: np.ndarray, y: np.ndarray, lattice: np.ndarray) -> np.ndarray:
    return _cell(lattice, np.floor(3 * x), np.floor(3 * y))


def _harden(wave: np.ndarray) -> np.ndarray:
    return np.clip(0.5 + 1.2 * wave, 0, 1)


def _ease(fraction: np.ndarray) -> np.ndarray:
    return fraction * fraction * (3 - 2 * fraction)


def _cell(lattice: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    return lattice[row.astype(int) % len(lattice), column.astype(int) % len(lattice)]


TEXTURES: dict[str, Pattern] = {
    pattern.__name__: pattern for pattern in (stripes, checks, dots, grid, bricks, waves, blobs, speckle)
}
