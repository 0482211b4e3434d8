"""Gaussian blur, compiled: rows, then columns, each plane padded so that both are one long sum of shifted floats."""

from typing import no_type_check  # for numba must see the functions themselves, not with the tests' type checks

import numpy as np
from numba import njit

BLOCK = 1024  # pixels at a time, which stay in cache
ONE = np.float32(1)
compiled = njit(cache=True, nogil=True, fastmath=True)


@compiled
@no_type_check
def convolve(source, apart, taps, target, first, last):
    """A symmetric kernel along one axis of a picture laid out flat, whose neighbours are ``apart``."""
    for start in range(first, last, BLOCK):
        stop = min(start + BLOCK, last)
        out, middle = target[start:stop], source[start:stop]
        for x in range(len(out)):
            out[x] = middle[x] * taps[0]
        for k in range(1, len(taps)):
            before, after, weight = source[start - k * apart :], source[start + k * apart :], taps[k]
            for x in range(len(out)):
                out[x] += (before[x] + after[x]) * weight


@compiled
@no_type_check
def mirrored(at, size):
    return -at if at < 0 else 2 * size - 2 - at if at >= size else at


@compiled
@no_type_check
def blur(plane, taps, spare):
    """Along rows, then along columns; the border is mirrored. ``spare`` [2, n] has room for two padded planes."""
    (height, width), reach = plane.shape, len(taps) - 1
    wide = width + 2 * reach
    size = (height + 2 * reach) * wide
    padded, mixed = spare[0, :size], spare[1, :size]
    rows = padded.reshape(-1, wide)
    for y in range(-reach, height + reach):
        row, source = rows[y + reach], plane[mirrored(y, height)]
        inside = row[reach:]
        for x in range(width):
            inside[x] = source[x]
        for k in range(1, reach + 1):
            row[reach - k], row[reach + width - 1 + k] = source[k], source[width - 1 - k]
    convolve(padded, 1, taps, mixed, reach, size - reach)
    convolve(mixed, wide, taps, padded, reach * wide, size - reach * wide)
    for y in range(height):
        row, inside = plane[y], rows[y + reach, reach:]
        for x in range(width):
            row[x] = min(inside[x], ONE)  # weights may add up to a bit more than 1


@njit("(f4[:,:,:,:,::1],f4[:,::1],i8[::1],i8,i8)", cache=True, nogil=True, fastmath=True)
@no_type_check
def soften(views, taps, reach, first, step):
    """Blur every ``step``-th sample from ``first`` on in place, by the taps [b, most + 1] up to its own reach [b]."""
    (frames, channels, height, width), most = views.shape[1:], taps.shape[1] - 1
    spare = np.empty((2, (height + 2 * most) * (width + 2 * most)), np.float32)
    for i in range(first, len(views), step):
        if reach[i]:
            for t in range(frames):
                for c in range(channels):
                    blur(views[i, t, c], taps[i, : reach[i] + 1], spare)
