"""Pixels that change places with their neighbours, one after the other, compiled."""

from typing import no_type_check  # for numba must see the function itself, not with the tests' type checks

from numba import njit


@njit("void(u1[:,:,:,::1],i1[:,:,:,::1])", cache=True, nogil=True)
@no_type_check
def stir(frames, moves):
    """Overwrite pixels, from the lower right to the upper left, with the one so far to the right and below.

    ``moves`` are [times, n - 2d, n - 2d, 2], each less than d + 1 pixels; d pixels at the rim are only copied from.
    """
    side = frames.shape[1]
    reach = (side - moves.shape[1]) // 2
    for moved in moves:
        for i in range(moved.shape[0]):
            for j in range(moved.shape[1]):
                y, x = side - reach - i, side - reach - j
                for frame in frames:
                    for colour in range(3):
                        frame[y, x, colour] = frame[y + moved[i, j, 1], x + moved[i, j, 0], colour]
