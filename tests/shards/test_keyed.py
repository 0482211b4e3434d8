"""The keyed generator is the published Philox4x32-10, and its draws are uniform and independent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shards.keyed import philox, uniforms, uniforms_of_each
from shards.refusal import Refusal

KNOWN = [  # Random123, tests/kat_vectors: counter, key, output
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]
words = st.integers(0, 2**32 - 1)
ROWS = np.arange(20_000)


def hexadecimal(text: str) -> tuple[int, ...]:
    return tuple(int(word, 16) for word in text.split())


def slow_philox(counter, key) -> tuple[int, ...]:
    """Salmon et al., 2011, section 3.3, in Python's own integers."""
    (a, b, c, d), (first, second) = counter, key
    for _ in range(10):
        left, right = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = right // 2**32 ^ b ^ first, right % 2**32, left // 2**32 ^ d ^ second, left % 2**32
        first, second = (first + 0x9E3779B9) % 2**32, (second + 0xBB67AE85) % 2**32
    return a, b, c, d


def draw(seed=0, purpose="test", epoch=0, samples=ROWS, view=0, count=3) -> np.ndarray:
    return uniforms(seed, purpose, np.full(len(samples), epoch), samples, view, count)


@pytest.mark.parametrize(("counter", "key", "output"), KNOWN)
def test_known_answers(counter, key, output):
    found = philox(tuple(np.array([word]) for word in hexadecimal(counter)), hexadecimal(key))
    assert tuple(int(word[0]) for word in found) == hexadecimal(output)


@given(st.lists(st.tuples(words, words, words, words), min_size=1, max_size=5), st.tuples(words, words))
def test_every_counter_gives_what_slow_integers_give(counters, key):
    fast = np.stack(philox(tuple(np.array(counters).T), key), axis=-1)
    assert [tuple(map(int, row)) for row in fast] == [slow_philox(counter, key) for counter in counters]


def test_counters_and_keys_broadcast():
    samples, epochs, keys = np.arange(3)[:, None], np.arange(5)[None], np.array([7, 2**32 - 1])[:, None, None]
    found = philox((samples, epochs, 4, 9), (1, keys))
    for key, sample, epoch in np.ndindex(2, 3, 5):
        slow = slow_philox((sample, epoch, 4, 9), (1, (7, 2**32 - 1)[key]))
        assert tuple(int(word[key, sample, epoch]) for word in found) == slow


@given(st.lists(st.tuples(words, words), min_size=1, max_size=5), words, st.integers(0, 3), st.integers(1, 5))
def test_purposes_at_once_are_those_one_by_one(keys, seed, view, count):
    epochs, samples = np.array(keys).T
    purposes = ("flip", "test", "hue", "flip")
    together = uniforms_of_each(seed, purposes, epochs, samples, view, count)
    alone = np.stack([uniforms(seed, purpose, epochs, samples, view, count) for purpose in purposes])
    np.testing.assert_array_equal(together, alone)


@given(words, words, words, st.integers(0, 9), st.integers(1, 9))
def test_numbers_are_the_top_53_bits_of_two_words(seed, epoch, sample, view, count):
    key = (seed, 0xD87F7E0C)  # CRC-32 of "test"
    blocks = [slow_philox((sample, epoch, view, block), key) for block in range(5)]
    expected = [(high * 2**32 + low) // 2**11 / 2**53 for a, b, c, d in blocks for high, low in ((a, b), (c, d))]
    assert draw(seed, "test", epoch, np.array([sample]), view, count)[0].tolist() == expected[:count]


def test_the_largest_number_is_below_one():
    assert (2**64 - 1 >> 11) * 2.0**-53 < 1


def test_numbers_are_uniform():
    numbers = draw()
    assert numbers.min() >= 0 and numbers.max() < 1
    for column in numbers.T:
        deviation = (1 / 12 / len(column)) ** 0.5
        assert abs(column.mean() - 1 / 2) < 5 * deviation
        assert abs(column.var() - 1 / 12) < 5 * (1 / 180 / len(column)) ** 0.5
        cells = np.bincount((column * 100).astype(int), minlength=100)
        chi_square = ((cells - len(column) / 100) ** 2 / (len(column) / 100)).sum()
        assert abs(chi_square - 99) < 5 * (2 * 99) ** 0.5


@pytest.mark.parametrize("change", [{"seed": 1}, {"purpose": "flip"}, {"epoch": 1}, {"samples": ROWS + 1}, {"view": 1}])
def test_each_part_of_the_key_gives_unrelated_numbers(change):
    ours, theirs = draw(), draw(**change)
    assert not (ours == theirs).any()
    assert np.abs(np.corrcoef(ours.T, theirs.T)[:3, 3:]).max() < 5 / len(ROWS) ** 0.5


def test_neighbouring_rows_and_numbers_are_unrelated():
    numbers = draw()
    related = np.corrcoef(np.hstack([numbers[:-1], numbers[1:]]).T) - np.eye(6)
    assert np.abs(related).max() < 5 / len(ROWS) ** 0.5


@given(st.lists(st.tuples(words, words), min_size=1, max_size=8), st.data())
def test_a_row_does_not_depend_on_its_batchmates(keys, data):
    epochs, samples = np.array(keys).T
    chosen = data.draw(st.lists(st.integers(0, len(keys) - 1), min_size=1))
    together = uniforms(0, "test", epochs, samples, 0, 5)
    np.testing.assert_array_equal(uniforms(0, "test", epochs[chosen], samples[chosen], 0, 5), together[chosen])


@given(st.integers(1, 9), st.integers(1, 9))
def test_asking_for_more_numbers_keeps_the_first(few, more):
    np.testing.assert_array_equal(draw(samples=ROWS[:4], count=few + more)[:, :few], draw(samples=ROWS[:4], count=few))


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(Refusal, match=f"seed must lie in 0 .* got {seed}"):
        draw(seed)
