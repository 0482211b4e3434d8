"""Flip, floats and colours, compiled: Kornia's formulas on blocks of pixels that stay in cache.

Every loop runs over contiguous floats without branches, so that LLVM makes it many pixels wide. The file stands alone
because numba's cache would not see that a function of another file has changed.
"""

from typing import no_type_check  # for numba must see the functions themselves, not with the tests' type checks

import numpy as np
from numba import njit

CONTRAST, SATURATION, HUE = 1, 2, 3  # as in ``Look``
BLOCK = 1024  # pixels at a time: three channels are 12 kB
ZERO, ONE, TWO, THREE, FOUR, FIVE, SIX = (np.float32(number) for number in range(7))  # an int would make float64
BYTE = np.float32(1 / 255)
TINY = np.float32(1e-20)  # channels less apart than this have any hue: it is not seen, and its division is finite
RED, GREEN, BLUE = np.float32(0.299), np.float32(0.587), np.float32(0.114)
compiled = njit(cache=True, nogil=True, fastmath=True)
# of ``recolour``: pixels of any strides, the rest in one piece, so that all calls share one compilation of seconds
SIGNATURE = "(u1[:,:,:,:,:],b1[::1],i8[:,::1],i8[::1],i8[::1],f4[:,::1],b1[::1],f4[:,:,:,:,::1],i8,i8)"


@compiled
@no_type_check
def clamp(x):
    return min(max(x, ZERO), ONE)


@compiled
@no_type_check
def spread(r, g, b, factor, mean):
    """Contrast; brightness where the mean is 0."""
    base = mean * (ONE - factor)
    for x in range(len(r)):
        r[x], g[x], b[x] = clamp(r[x] * factor + base), clamp(g[x] * factor + base), clamp(b[x] * factor + base)


@compiled
@no_type_check
def saturate(r, g, b, factor):
    """Saturation; grayscale where the factor is 0."""
    for x in range(len(r)):
        base = (r[x] * RED + g[x] * GREEN + b[x] * BLUE) * (ONE - factor)
        r[x], g[x], b[x] = clamp(r[x] * factor + base), clamp(g[x] * factor + base), clamp(b[x] * factor + base)


@compiled
@no_type_check
def rotate(r, g, b, sextants):
    """Hue in HSV: a channel lies below the largest by the span times a wedge of the hue (Smith, 1978, in one form)."""
    for x in range(len(r)):
        red, green, blue = r[x], g[x], b[x]
        top = max(red, max(green, blue))
        span = top - min(red, min(green, blue))
        share = ONE / max(span, TINY)
        last = (red - green) * share + FOUR
        hue = (green - blue) * share if top == red else (blue - red) * share + TWO if top == green else last
        hue += sextants  # -1 … 11
        hue = hue - SIX if hue >= SIX else hue
        r[x], g[x], b[x] = (
            top - span * wedge(hue + FIVE),
            top - span * wedge(hue + THREE),
            top - span * wedge(hue + ONE),
        )


@compiled
@no_type_check
def wedge(turn):
    turn = turn - SIX if turn >= SIX else turn
    return clamp(min(turn, FOUR - turn))


@compiled
@no_type_check
def total(r, g, b):
    gray = ZERO
    for x in range(len(r)):
        gray += r[x] * RED + g[x] * GREEN + b[x] * BLUE
    return gray


@compiled
@no_type_check
def block(planes, start):
    return planes[0, start : start + BLOCK], planes[1, start : start + BLOCK], planes[2, start : start + BLOCK]


@compiled
@no_type_check
def change(r, g, b, order, factors, mean):
    for operation in order:
        if operation == SATURATION:
            saturate(r, g, b, factors[operation])
        elif operation == HUE:
            rotate(r, g, b, factors[operation])
        else:
            spread(r, g, b, factors[operation], mean if operation == CONTRAST else ZERO)


@compiled
@no_type_check
def read(source, flip, line, plane):
    """Bytes to a plane of floats, by way of a ``line``, which lies in one piece whatever the strides."""
    last = np.uint64(len(line) - 1)  # unsigned indices are never negative: only so is the turning vectorised
    for y in range(len(plane)):
        row, out = source[y], plane[y]
        for x in range(len(line)):
            line[x] = row[x] * BYTE
        if flip:
            for x in range(np.uint64(len(line))):
                out[x] = line[last - x]
        else:
            for x in range(len(line)):
                out[x] = line[x]


@njit(SIGNATURE, cache=True, nogil=True, fastmath=True)
@no_type_check
def recolour(pixels, flip, order, before, turns, factors, gray, views, first, step):
    """Write views of every ``step``-th sample from ``first`` on.

    The operations ``order[i, :before[i]]`` come before contrast, which needs the mean of what they make of the clip;
    it and the others, up to ``turns[i]``, come in a second pass.
    """
    frames, _, height, width = pixels.shape[1:]
    line, size = np.empty(width, np.float32), height * width
    for i in range(first, len(pixels), step):
        early, late = order[i, : before[i]], order[i, before[i] : turns[i]]
        light = 0.0
        for t in range(frames):
            for c in range(3):
                read(pixels[i, t, c], flip[i], line, views[i, t, c])
            planes = views[i, t].reshape(3, size)
            for start in range(0, size, BLOCK):
                r, g, b = block(planes, start)
                change(r, g, b, early, factors[i], ZERO)
                if len(late):
                    light += total(r, g, b)
        mean = np.float32(light / (frames * size))
        for t in range(frames):
            planes = views[i, t].reshape(3, size)
            for start in range(0, size, BLOCK):
                r, g, b = block(planes, start)
                change(r, g, b, late, factors[i], mean)
                if gray[i]:
                    saturate(r, g, b, ZERO)
