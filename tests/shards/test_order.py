"""The order is one permutation per epoch, laid end to end and shared out among the ranks."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shards.keyed import philox, purpose_key
from shards.mixture import Mixture
from shards.order import BLOCK, Order, _ascending, permutation
from shards.refusal import Refusal

seeds = st.integers(0, 2**32 - 1)


@st.composite
def orders(draw) -> tuple[Order, int]:
    """An order and a world that divides its batch; most data sets are no multiple of the batch."""
    world = draw(st.sampled_from([1, 2, 3]))
    batch = world * draw(st.integers(1, 5))
    return Order(draw(st.integers(batch, 60)), batch, draw(seeds)), world


def stream(order: Order, world: int, steps: range) -> np.ndarray:
    """(epoch, sample) of every position, int64 of shape [steps * batch, 2]."""
    return np.hstack([order.at(step, rank, world) for step in steps for rank in range(world)]).T


@given(orders(), st.integers(1, 4))
def test_every_id_comes_once_per_epoch(order_and_world, epochs):
    order, world = order_and_world
    found = stream(order, world, range(-(-epochs * order.count // order.batch)))[: epochs * order.count]
    for epoch, part in enumerate(found.reshape(epochs, order.count, 2)):
        assert (part[:, 0] == epoch).all()
        assert sorted(part[:, 1]) == list(range(order.count))


@given(orders(), st.integers(0, 2**40))
def test_any_step_is_a_slice_of_the_endless_stream(order_and_world, step):
    order, world = order_and_world
    positions = range(step * order.batch, (step + 1) * order.batch)
    expected = [(p // order.count, permutation(order.count, order.seed, p // order.count)[p % order.count])
                for p in positions]  # fmt: skip
    np.testing.assert_array_equal(stream(order, world, range(step, step + 1)), expected)


@given(orders(), st.integers(0, 2**40))
def test_ranks_take_consecutive_parts_of_the_one_global_batch(order_and_world, step):
    order, world = order_and_world
    steps = range(step, step + 3)
    np.testing.assert_array_equal(stream(order, world, steps), stream(order, 1, steps))
    assert {len(order.at(step, rank, world)[1]) for rank in range(world)} == {order.batch // world}


def test_a_batch_may_straddle_two_epochs():
    epochs, samples = Order(count=10, batch=4, seed=0).at(2)
    assert epochs.tolist() == [0, 0, 1, 1]
    assert samples.tolist() == [*permutation(10, 0, 0)[8:], *permutation(10, 0, 1)[:2]]


def test_a_far_step_costs_no_more_than_the_permutations_it_touches():
    order = Order(count=10, batch=4, seed=0)
    assert [order.at(10**12 + 2)[0].tolist() for _ in range(2)] == [[4 * 10**11, 4 * 10**11, *[4 * 10**11 + 1] * 2]] * 2
    assert order._epoch.cache_info().misses == 2


@given(seeds, st.integers(0, 2**32 - 2))
def test_seeds_and_epochs_have_orders_of_their_own(seed, epoch):
    here = permutation(50, seed, epoch)
    assert (here != permutation(50, seed, epoch + 1)).any()
    assert (here != permutation(50, seed ^ 1, epoch)).any()


def test_every_place_is_as_likely_for_every_id():
    trials, count = 3000, 6
    seen = np.zeros((count, count))
    for seed in range(trials // 2):
        for epoch in range(2):
            seen[np.arange(count), permutation(count, seed, epoch)] += 1
    chi_square = ((seen - trials / count) ** 2 / (trials / count)).sum()
    freedom = (count - 1) ** 2
    assert abs(chi_square - freedom) < 5 * (2 * freedom) ** 0.5


def test_all_permutations_are_as_likely():
    trials = 2400
    seen = np.unique([permutation(4, seed, 7) for seed in range(trials)], axis=0, return_counts=True)[1]
    assert len(seen) == 24
    assert abs(((seen - 100) ** 2 / 100).sum() - 23) < 5 * (2 * 23) ** 0.5


def test_the_order_is_written_down():
    """A change here breaks every resume: it needs a new format version."""
    assert permutation(8, 0, 0).tolist() == [3, 6, 5, 1, 0, 2, 7, 4]
    found = [part for step in (0, 2, 91_234) for rank in range(2) for part in Order(1000, 384, 7).at(step, rank, 2)]
    written = hashlib.sha256(b"".join(part.astype("<i8").tobytes() for part in found)).hexdigest()
    assert written == "b700f9fc7de44c311f445e3b5eb3d4aab0fb9d26b5a7f418e3674f5aa79fe28d"


def test_a_long_order_is_the_stable_order_of_its_words():
    """Of several blocks, against what the first version did in one piece."""
    count = 2 * BLOCK + 100
    high, low, _, _ = philox((np.arange(count), 3, 1, 0), (7, purpose_key("order")))
    expected = np.argsort(high << np.uint64(32) | low, kind="stable")
    np.testing.assert_array_equal(permutation(count, 7, 3, 1), expected)


alike = st.builds(lambda high, low: high << 56 | low, st.integers(0, 3), st.integers(0, 40))  # in all leading bits


@given(st.lists(st.one_of(alike, st.integers(0, 2**64 - 1), st.sampled_from([0, 2**64 - 1])), max_size=300))
def test_words_alike_in_their_leading_bits_or_in_all_are_sorted_stably(words):
    words = np.array(words, np.uint64)
    np.testing.assert_array_equal(_ascending(words), np.argsort(words, kind="stable"))


@given(orders(), st.integers(0, 2**40))
def test_one_data_set_is_as_if_there_were_no_weights(order_and_world, step):
    order, world = order_and_world
    alone = Order(order.count, order.batch, order.seed, Mixture((order.count,), (2.5,)))
    np.testing.assert_array_equal(alone.at(step, 0, world), order.at(step, 0, world))


@given(orders(), st.integers(0, 1000), st.data())
def test_who_follows_is_the_rest_of_the_ring(order_and_world, epoch, data):
    order, _ = order_and_world
    ring = permutation(order.count, order.seed, epoch).tolist()
    place = data.draw(st.integers(0, order.count - 1))
    assert order.after(epoch, ring[place]).tolist() == ring[place + 1 :] + ring[:place]


@pytest.mark.parametrize("batch", [0, -1, 11])
def test_a_batch_that_cannot_be_filled_is_refused(batch):
    with pytest.raises(Refusal, match=f"batch of {batch} .* 10 samples; choose a batch between 1 and 10"):
        Order(count=10, batch=batch, seed=0)


def test_a_world_that_does_not_divide_the_batch_is_refused():
    with pytest.raises(Refusal, match="batch of 8 .* 3 processes; choose a multiple of 3"):
        Order(count=10, batch=8, seed=0).at(0, 0, 3)


def test_a_bad_seed_is_refused():
    with pytest.raises(Refusal, match="seed"):
        Order(count=10, batch=2, seed=-1)
