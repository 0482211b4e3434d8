"""Stochastic texture synthesis once more, slowly: no compiler, no rings, no early end, all candidates tried."""

import math
from collections.abc import Iterator

import numpy as np

MASK = 2**64 - 1


def splitmix(state: int) -> Iterator[int]:
    """The upper 32 bits of every word."""
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        word = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & MASK
        yield (word ^ (word >> 31)) >> 32


def blurred(patch: np.ndarray, apart: int) -> np.ndarray:
    """A binomial filter with its taps that far apart, as a sum over 25 shifted patches."""
    edge, total = len(patch), np.zeros(patch.shape, int)
    for down, a in zip(range(-2, 3), (1, 4, 6, 4, 1), strict=True):
        for right, b in zip(range(-2, 3), (1, 4, 6, 4, 1), strict=True):
            wide = np.pad(patch.astype(int), ((2 * apart,) * 2, (2 * apart,) * 2, (0, 0)), mode="edge")
            y, x = (2 + down) * apart, (2 + right) * apart
            total += a * b * wide[y : y + edge, x : x + edge]
    return (total + 128) // 256


def slow_texture(patches: np.ndarray, side: int, state: int) -> np.ndarray:
    """Exemplars [n, e, e, 3] and 64 random bits to a texture [side, side, 3]."""
    random = splitmix(state)
    levels = [patches.astype(int)]
    for level in range(4):
        levels.insert(0, np.stack([blurred(patch, 2**level) for patch in levels[0]]))
    order = [divmod(n, side) for n in range(side**2)]
    for n in range(side**2 - 1):
        other = n + next(random) * (side**2 - n) // 2**32
        order[n], order[other] = order[other], order[n]
    source: dict[tuple[int, int], tuple[int, int, int]] = {}
    for stage, level in enumerate((0, 1, 2, 3, 4, 4)):
        for place in order[: side**2 // 2 ** (5 - stage)]:
            source[place] = slow_choice(place, source, levels[level], random)
    return np.array([[patches[source[y, x]] for x in range(side)] for y in range(side)])


def slow_choice(
    place: tuple[int, int], source: dict, colours: np.ndarray, random: Iterator[int]
) -> tuple[int, int, int]:
    """The best of all candidates, the first one where several are equally good."""
    count, edge = colours.shape[:2]
    steps = sorted((y - place[0], x - place[1]) for y, x in source)
    near = sorted(steps, key=lambda step: step[0] ** 2 + step[1] ** 2)[:50]
    squares = [y * y + x * x for y, x in near]
    ratios = [(64 * square * len(near)) // (sum(squares) or 1) for square in squares]
    weights = np.array([math.floor(1024 * math.exp(-ratio / 64) + 0.5) for ratio in ratios])
    seen = np.array([colours[source[place[0] + y, place[1] + x]] for y, x in near]).reshape(-1, 3)
    candidates = []
    for y, x in near:
        exemplar, row, column = source[place[0] + y, place[1] + x]
        candidates.append((exemplar, row - y, column - x, 1))
    for _ in range(50):
        exemplar, rest = divmod(next(random) * count * edge**2 // 2**32, edge**2)
        candidates.append((exemplar, *divmod(rest, edge), -1))  # its neighbourhood is seen turned by half a turn
    inside = [(e, y, x, turn) for e, y, x, turn in candidates if 0 <= y < edge and 0 <= x < edge]
    black = np.pad(colours, ((0, 0), (64, 64), (64, 64), (0, 0)))
    costs = []
    for e, y, x, turn in inside:
        there = np.array([black[e, 64 + y + turn * down, 64 + x + turn * right] for down, right in near]).reshape(-1, 3)
        apart = np.floor(np.log1p(((seen - there) / 255) ** 2) * 2**20 + 0.5).astype(int)
        costs.append(int((weights * apart.sum(1)).sum()))
    return inside[costs.index(min(costs))][:3]
