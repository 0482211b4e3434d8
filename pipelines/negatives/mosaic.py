"""Mosaics of patches laid on the CPU, compiled: run after run of pixels is copied."""

from typing import no_type_check  # for numba must see the functions themselves, not with the tests' type checks

from numba import njit


@njit("(f4[:,:,:,::1],i8[:,:,:,::1],i8[:,::1],f4[:,:,:,:,::1],i8,i8)", cache=True, nogil=True)
@no_type_check
def lay(views, offsets, patch, mosaics, first, step):
    """Write the mosaics of every ``step``-th sample from ``first`` on; offsets and patches are those of ``Patches``.

    Views are b p h w, mosaics b n p h w, where p counts the planes of all frames.
    """
    planes, height, width = views.shape[1:]
    for i in range(first, len(views), step):
        for n in range(mosaics.shape[1]):
            size = patch[i, n]
            for row in range((height + size - 1) // size):
                top, bottom = row * size, min((row + 1) * size, height)
                for column in range((width + size - 1) // size):
                    left, right, offset = column * size, min((column + 1) * size, width), offsets[i, n, row, column]
                    for p in range(planes):
                        source, target = views[i, p].reshape(-1), mosaics[i, n, p].reshape(-1)
                        for y in range(top, bottom):
                            out, run = target[y * width + left :], source[y * width + left + offset :]
                            for k in range(right - left):
                                out[k] = run[k]
