"""Diamond-square, compiled."""

from typing import no_type_check  # for numba must see the function itself, not with the tests' type checks

from numba import njit


@njit("void(f8[:,::1],f8[::1],f8,f8)", cache=True, nogil=True)
@no_type_check
def heap(plane, draws, height, decay):
    """Fill a plane, of which the corner is given, by ever finer grids; ``draws`` are -1 … 1, one for each other pixel.

    At each step the middle of every square is the mean of its corners, then the middle of every edge that of its ends
    and of the squares at its sides, and each is moved by at most height · height.
    """
    side, step, used = len(plane), len(plane), 0
    while step > 1:
        half, most = step // 2, height * height
        for y in range(0, side, step):
            for x in range(0, side, step):
                below, right = (y + step) % side, (x + step) % side
                corners = plane[y, x] + plane[below, x] + plane[y, right] + plane[below, right]
                plane[y + half, x + half] = corners / 4 + most * draws[used]
                used += 1
        for y in range(0, side, step):
            for x in range(0, side, step):
                ends = plane[y, x] + plane[y, (x + step) % side]
                sides = plane[y + half, x + half] + plane[(y - half) % side, x + half]
                plane[y, x + half] = (ends + sides) / 4 + most * draws[used]
                used += 1
        for y in range(0, side, step):
            for x in range(0, side, step):
                ends = plane[y, x] + plane[(y + step) % side, x]
                sides = plane[y + half, x + half] + plane[y + half, (x - half) % side]
                plane[y + half, x] = (ends + sides) / 4 + most * draws[used]
                used += 1
        step, height = half, height / decay
