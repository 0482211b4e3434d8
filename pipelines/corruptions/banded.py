"""Weighted sums of rows, compiled: what blurs and enlarges is a matrix of which most is zero."""

from typing import no_type_check  # for numba must see the functions themselves, not with the tests' type checks

import numpy as np
from numba import njit

compiled = {"cache": True, "nogil": True, "fastmath": {"contract"}}


@njit("f4[:,::1](f4[:,::1],i8[:,::1],f4[:,::1])", **compiled)
@no_type_check
def mix(weights, band, rows):
    """Rows of ``weights @ rows``; ``band`` [n, 2] says from where to where each row of the weights is not zero."""
    mixed = np.zeros((len(weights), rows.shape[1]), np.float32)
    for i in range(len(weights)):
        for j in range(band[i, 0], band[i, 1]):
            weight, source = weights[i, j], rows[j]
            for k in range(rows.shape[1]):
                mixed[i, k] += weight * source[k]
    return mixed


@njit("f4[:,::1](f4[:,::1],f4[::1],i8[::1],i8[::1],i8,i8)", **compiled)
@no_type_check
def add_shifted(padded, weights, down, right, height, width):
    """Sum of windows of ``padded``, each with a weight and shifted by so many rows and entries."""
    total = np.zeros((height, width), np.float32)
    for y in range(height):
        for i in range(len(weights)):
            weight, source = weights[i], padded[y + down[i], right[i] : right[i] + width]
            for k in range(width):
                total[y, k] += weight * source[k]
    return total
