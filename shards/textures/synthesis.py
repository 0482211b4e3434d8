"""The loops of multiresolution stochastic texture synthesis, compiled: pixel by pixel, from the sharpest known match.

Everything that decides is an integer, so that every machine makes the same texture: a float's last bit, which depends
on the compiler, would flip a choice now and then, and all later pixels with it.
"""

from decimal import Decimal
from typing import no_type_check  # for numba must see the functions themselves, not with the tests' type checks

import numpy as np
from numba import njit

NEIGHBOURS = 50
CANDIDATES = 50  # that are random, beside those of the neighbours
LEVEL_OF_STAGE = (0, 1, 2, 3, 4, 4)
STEPS = 64  # of the weights' table per unit of d² / mean d²
GAMMA, MIX, MIXED = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
BY_27, BY_30, BY_31, BY_32 = (np.uint64(bits) for bits in (27, 30, 31, 32))
# log1p((d / 255)²) for d in -255 … 255, and exp(-r), both scaled; Decimal rounds alike on every machine, libm does not
APART = np.array([int((1 + Decimal(d * d) / 65025).ln() * 2**20 + Decimal("0.5")) for d in range(-255, 256)], np.int64)
WEIGHTS = np.array([int((-Decimal(r) / STEPS).exp() * 2**10 + Decimal("0.5")) for r in range(8 * STEPS)], np.int64)
compiled = njit(cache=True, nogil=True)


def spiral(side: int) -> np.ndarray:
    """Steps from a pixel to all others of a square picture, nearest first: int32 [n, 3], rows, columns, distance²."""
    down, right = (axis.ravel() for axis in np.mgrid[1 - side : side, 1 - side : side])
    distance = down**2 + right**2
    return np.stack([down, right, distance], 1)[np.argsort(distance, kind="stable")].astype(np.int32)


@compiled
@no_type_check
def below(state, bound):
    """A random integer in 0 … bound - 1 by splitmix64 (Steele, Lea and Flood, 2014); ``state`` is uint64 [1]."""
    state[0] += GAMMA
    word = state[0]
    word = (word ^ (word >> BY_30)) * MIX
    word = (word ^ (word >> BY_27)) * MIXED
    return (np.int64((word ^ (word >> BY_31)) >> BY_32) * bound) >> 32


@compiled
@no_type_check
def look_around(place, side, source, steps, colours, near, seen):
    """The nearest resolved pixels, the place's own included: how many there are.

    Writes step, weight and the cost of finding black there into ``near`` [k, 4], colours into ``seen`` [k, 3].
    """
    row, column = place // side, place % side
    found, total = 0, 0
    for n in range(len(steps)):
        y, x = row + steps[n, 0], column + steps[n, 1]
        if 0 <= y < side and 0 <= x < side and source[y * side + x] >= 0:
            for channel in range(3):
                seen[found, channel] = colours[source[y * side + x], channel]
            near[found, 0], near[found, 1], near[found, 2] = steps[n, 0], steps[n, 1], steps[n, 2]
            total += steps[n, 2]
            found += 1
            if found == NEIGHBOURS:
                break
    for n in range(found):
        ratio = near[n, 2] * found * STEPS // total if total else 0
        near[n, 2] = WEIGHTS[ratio] if ratio < len(WEIGHTS) else 0
        near[n, 3] = APART[255 + seen[n, 0]] + APART[255 + seen[n, 1]] + APART[255 + seen[n, 2]]
    return found


@compiled
@no_type_check
def cost(candidate, turned, edge, colours, found, near, seen, best):
    """How unlike the neighbourhoods are, or any number from ``best`` on if they are no closer than that.

    ``turned`` is -1 to compare with the candidate's neighbourhood upside down and left to right, else 1.
    """
    column = candidate % edge
    row = candidate // edge % edge
    total = 0
    for n in range(found):
        y, x = row + turned * near[n, 0], column + turned * near[n, 1]
        if 0 <= y < edge and 0 <= x < edge:
            at = np.uint64(candidate + turned * (near[n, 0] * edge + near[n, 1]))  # unsigned: a seventh faster
            apart = APART[np.uint64(255 + seen[n, 0] - colours[at, 0])]
            apart += APART[np.uint64(255 + seen[n, 1] - colours[at, 1])]
            apart += APART[np.uint64(255 + seen[n, 2] - colours[at, 2])]
        else:
            apart = near[n, 3]
        total += near[n, 2] * apart
        if total >= best:
            break
    return total


@compiled
@no_type_check
def resolve(place, turn, side, edge, source, colours, steps, state, near, seen, tried):
    """The exemplar pixel whose surroundings are most like those of the place: of the neighbours' own and of chance's.

    ``tried`` remembers what was proposed in this ``turn``: neighbours that were copied together propose the same.
    """
    found = look_around(place, side, source, steps, colours, near, seen)
    best, chosen = np.int64(2**62), np.int64(-1)
    for n in range(found + CANDIDATES):
        if n < found:
            down, right = near[n, 0], near[n, 1]
            origin = source[place + down * side + right]
            y, x = origin // edge % edge - down, origin % edge - right
            candidate, turned = origin - down * edge - right, 1
            if not (0 <= y < edge and 0 <= x < edge) or tried[candidate] == turn:
                continue
            tried[candidate] = turn
        else:
            candidate, turned = below(state, len(colours)), -1
        unlike = cost(candidate, turned, edge, colours, found, near, seen, best)
        if unlike < best:
            best, chosen = unlike, candidate
    return chosen


@compiled
@no_type_check
def synthesise(levels, edge, side, steps, state):
    """For every pixel of the texture the exemplar pixel that it copies: int64 [side * side].

    Args:
        levels: The exemplars from blurred to sharp, [levels, n * edge * edge, 3]: small signed integers.
        steps: What ``spiral(side)`` says.
        state: Of the random numbers, uint64 [1].
    """
    pixels = side * side
    source, order = np.full(pixels, -1, np.int64), np.arange(pixels)
    for n in range(pixels - 1):
        other = n + below(state, pixels - n)
        order[n], order[other] = order[other], order[n]
    near, seen = np.zeros((NEIGHBOURS, 4), np.int64), np.zeros((NEIGHBOURS, 3), np.int64)
    tried, turn = np.full(levels.shape[1], -1, np.int64), 0
    for stage, level in enumerate(LEVEL_OF_STAGE):
        for n in range(pixels >> (len(LEVEL_OF_STAGE) - 1 - stage)):  # what is resolved already is resolved again
            source[order[n]] = resolve(
                order[n], turn, side, edge, source, levels[level], steps, state, near, seen, tried
            )
            turn += 1
    return source
