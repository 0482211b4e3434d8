"""Pictures read at places between their pixels, compiled."""

from typing import no_type_check  # for numba must see the function itself, not with the tests' type checks

import numpy as np
from numba import njit

compiled = {"cache": True, "nogil": True}


@njit("i8(i8,i8,i8)", **compiled)
@no_type_check
def fold(place, side, mirrored):
    """Where a place lies after all mirrors; ``mirrored`` is 1 if the last pixel is the mirror itself."""
    period = 2 * (side - mirrored)
    place %= period
    return place if place < side else period - 1 + mirrored - place


@njit("f4[:,:,:,::1](f4[:,:,:,::1],f8[:,::1],f8[:,::1],i8)", **compiled)
@no_type_check
def warp(frames, rows, columns, mirrored):
    """Frames [t, n, n, c] at these places [n, n], interpolated linearly."""
    side, warped = frames.shape[1], np.empty_like(frames)
    for i in range(side):
        for j in range(side):
            y, x = int(np.floor(rows[i, j])), int(np.floor(columns[i, j]))
            down, right = np.float32(rows[i, j] - y), np.float32(columns[i, j] - x)
            top, bottom = fold(y, side, mirrored), fold(y + 1, side, mirrored)
            left, after = fold(x, side, mirrored), fold(x + 1, side, mirrored)
            for t in range(len(frames)):
                for c in range(frames.shape[3]):
                    above = frames[t, top, left, c] * (1 - right) + frames[t, top, after, c] * right
                    below = frames[t, bottom, left, c] * (1 - right) + frames[t, bottom, after, c] * right
                    warped[t, i, j, c] = above * (1 - down) + below * down
    return warped
