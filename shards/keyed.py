"""Random numbers as a pure function of their key: Philox4x32-10 (Salmon et al., 2011, "Parallel random numbers").

There is no state to save, to advance or to share: whoever knows (seed, purpose, epoch, sample, view) knows the draw.
numpy's own generators are not used because their streams may change between numpy's versions.
"""

import zlib
from collections.abc import Sequence

import numpy as np

from shards.refusal import Refusal

MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
WEYL = (np.uint64(0x9E3779B9), np.uint64(0xBB67AE85))
LOW = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)


def philox(counter: tuple, key: tuple, rounds: int = 10) -> tuple[np.ndarray, ...]:
    """Four 32-bit words (held in uint64) for every counter and key; their six words broadcast against each other.

    They do so as the rounds mix them, so that the first rounds over a counter with one long word are short.
    """
    a, b, c, d = (np.asarray(word, np.uint64) & LOW for word in counter)
    first, second = (np.asarray(word, np.uint64) for word in key)
    for _ in range(rounds):
        left, right = MULTIPLIERS[0] * a, MULTIPLIERS[1] * c
        a, b, c, d = (right >> SHIFT) ^ (b ^ first), right & LOW, (left >> SHIFT) ^ (d ^ second), left & LOW
        first, second = (first + WEYL[0]) & LOW, (second + WEYL[1]) & LOW
    return tuple(np.asarray(word) for word in (a, b, c, d))  # numpy makes scalars of words that have no dimension


def purpose_key(purpose: str) -> int:
    """A 32-bit key for a named purpose, so that a new purpose never shifts the numbers of another."""
    return zlib.crc32(purpose.encode())


def check_seed(seed: int) -> None:
    if not 0 <= seed < 2**32:
        raise Refusal(f"seed must lie in 0 … 2**32 - 1, got {seed}")


def uniforms(seed: int, purpose: str, epochs: np.ndarray, samples: np.ndarray, view: int, count: int) -> np.ndarray:
    """Uniform numbers in [0, 1), 53 bits each.

    Args:
        epochs, samples: Integers of shape [b], each below 2**32; the key of each row.
        view: Which view of the sample the numbers are for.
        count: Numbers per row.

    Returns: float64 of shape [b, count].
    """
    return uniforms_of_each(seed, (purpose,), epochs, samples, view, count)[0]


def uniforms_of_each(
    seed: int, purposes: Sequence[str], epochs: np.ndarray, samples: np.ndarray, view: int, count: int
) -> np.ndarray:
    """``uniforms`` of several purposes for the price of little more than one: float64 of shape [p, b, count]."""
    check_seed(seed)
    block = np.arange((count + 1) // 2)  # four words make two numbers
    keys = np.array([purpose_key(purpose) for purpose in purposes])[:, None, None]
    a, b, c, d = philox((samples[:, None], epochs[:, None], view, block), (seed, keys))
    words = np.stack([(a << SHIFT) | b, (c << SHIFT) | d], axis=-1).reshape(len(purposes), len(samples), -1)
    return (words[..., :count] >> np.uint64(11)) * 2.0**-53
