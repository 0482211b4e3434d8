"""Data sets that take turns: exact shares, an order of its own for each, and still a function of the step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shards.mixture import CYCLE, Mixture
from shards.order import Order, permutation
from shards.refusal import Refusal

seeds = st.integers(0, 2**32 - 1)
weights = st.lists(st.floats(0.01, 100), min_size=1, max_size=4).map(tuple)
few = settings(max_examples=25)


@st.composite
def drawn(draw) -> tuple:
    """Sizes of small data sets, weights, a seed, a batch, and a world that divides it."""
    world = draw(st.sampled_from([1, 2, 3]))
    batch = world * draw(st.integers(1, 4))
    sizes = tuple(draw(st.lists(st.integers(batch, 30), min_size=1, max_size=4)))
    chosen = tuple(draw(st.lists(st.integers(1, 9), min_size=len(sizes), max_size=len(sizes))))
    return sizes, tuple(map(float, chosen)), draw(seeds), batch, world


def mixed(sizes: tuple, given_weights: tuple, seed: int, batch: int, _world: int) -> Order:
    return Order(sum(sizes), batch, seed, Mixture(sizes, given_weights))


def stream(order: Order, steps: range, world: int = 1) -> np.ndarray:
    """(epoch, sample) of every position, int64 of shape [steps * batch, 2]."""
    return np.hstack([order.at(step, rank, world) for step in steps for rank in range(world)]).T


@few
@given(weights, seeds, st.integers(0, 2**30))
def test_shares_are_exact_over_every_cycle(given_weights, seed, cycle):
    mixture = Mixture((1000,) * len(given_weights), given_weights)
    owners, own = mixture.at(seed, np.arange(cycle * CYCLE, (cycle + 1) * CYCLE))
    assert np.bincount(owners, minlength=len(given_weights)).tolist() == mixture.shares.tolist()
    assert mixture.shares.sum() == CYCLE
    assert (np.abs(mixture.shares - CYCLE * np.array(given_weights) / sum(given_weights)) < 1).all()
    for number, share in enumerate(mixture.shares.tolist()):  # and the next cycle goes on where this one ends
        assert (own[owners == number] == np.arange(cycle * share, (cycle + 1) * share)).all()


@pytest.mark.parametrize(
    ("given_weights", "shares"),
    [((3, 1), (18900, 6300)), ((0.95, 0.05), (23940, 1260)), ((1, 2, 4), (3600, 7200, 14400)), ((7,), (CYCLE,))],
)
def test_small_whole_weights_and_percentages_are_met_exactly(given_weights, shares):
    assert tuple(Mixture((9,) * len(shares), tuple(map(float, given_weights))).shares) == shares


@few
@given(weights, seeds, st.integers(0, 2**30))
def test_any_run_of_places_holds_each_share_but_for_a_few(given_weights, seed, cycle):
    """Each data set has one turn in each of equal parts of the cycle, so it is never more than two of them ahead."""
    mixture = Mixture((1000,) * len(given_weights), given_weights)
    start = cycle * CYCLE + CYCLE // 2
    owners, _ = mixture.at(seed, np.arange(start, start + CYCLE))  # the second half of one cycle, the first of the next
    for number, share in enumerate(mixture.shares / CYCLE):
        ahead = np.cumsum(owners == number) - share * np.arange(1, CYCLE + 1)
        assert np.ptp(ahead) < 2 * (1 - share) + 2 * share * (len(given_weights) - 1) + 1e-6


@few
@given(drawn())
def test_each_data_set_has_its_own_permutation_in_each_of_its_epochs(numbers):
    order = mixed(*numbers)
    found, sizes = stream(order, range(-(-300 // order.batch))), order.mixture.sizes
    ends = np.cumsum(sizes)
    for number, (size, end) in enumerate(zip(sizes, ends.tolist(), strict=True)):
        mine = found[(found[:, 1] >= end - size) & (found[:, 1] < end)]
        wanted = [
            (epoch, end - size + sample)
            for epoch in range(-(-len(mine) // size))
            for sample in permutation(size, order.seed, epoch, number).tolist()
        ]
        assert mine.tolist() == [list(pair) for pair in wanted[: len(mine)]]
    assert len(found) == sum(
        ((found[:, 1] >= e - s) & (found[:, 1] < e)).sum() for s, e in zip(sizes, ends, strict=True)
    )


@few
@given(drawn(), st.integers(0, 2**40))
def test_ranks_and_resumes_see_the_one_stream(numbers, step):
    order, world = mixed(*numbers), numbers[-1]
    whole = stream(order, range(step, step + 4))
    fresh = Order(order.count, order.batch, order.seed, order.mixture)
    assert (stream(fresh, range(step + 3, step + 4), world) == whole[-order.batch :]).all()
    assert (stream(fresh, range(step, step + 4), world) == whole).all()


def test_a_far_step_costs_no_more_than_the_permutations_it_touches():
    order = Order(300, 20, 0, Mixture((100, 200), (1.0, 1.0)))
    order.at(10**12)
    assert order._epoch.cache_info().misses <= 4
    for step in range(20):
        order.at(10**12 + step)
    assert order._epoch.cache_info().misses <= 6  # 200 places of each


@few
@given(drawn(), st.data())
def test_who_follows_is_of_the_same_data_set_and_epoch(numbers, data):
    order = mixed(*numbers)
    sample, epoch = data.draw(st.integers(0, order.count - 1)), data.draw(st.integers(0, 1000))
    ends = np.cumsum(order.mixture.sizes).tolist()
    number = next(n for n, end in enumerate(ends) if sample < end)
    size = order.mixture.sizes[number]
    ring = (permutation(size, order.seed, epoch, number) + ends[number] - size).tolist()
    place = ring.index(sample)
    assert order.after(epoch, sample).tolist() == ring[place + 1 :] + ring[:place]


def test_data_sets_of_one_size_have_different_orders():
    assert (permutation(50, 3, 4, 0) == permutation(50, 3, 4)).all()
    assert (permutation(50, 3, 4, 0) != permutation(50, 3, 4, 1)).any()


@pytest.mark.parametrize(
    ("sizes", "given_weights", "message"),
    [
        ((5, 5), (1,), "1 weights for 2 data sets; give --loader.weights one for each"),
        ((5,), (1, 2), "2 weights for 1 data sets; give --loader.weights one for each"),
        ((5, 5), (1, 0), "must be positive numbers, got 1 0"),
        ((5, 5), (-1, 1), "must be positive numbers, got -1 1"),
        ((5, 5), (1, float("inf")), "must be positive numbers, got 1 inf"),
        ((5, 5), (1, float("nan")), "must be positive numbers, got 1 nan"),
        ((5, 5), (1, 1e-6), "weight 1e-06 of data set 2 is less than one sample in 25200; raise it"),
    ],
)
def test_weights_that_make_no_mixture_are_refused(sizes, given_weights, message):
    with pytest.raises(Refusal, match=message):
        Mixture(sizes, tuple(map(float, given_weights)))


def test_a_batch_that_holds_more_of_a_data_set_than_there_is_is_refused():
    with pytest.raises(Refusal, match="a batch of 16 takes 12 samples of data set 1, which has 11; choose a smaller"):
        Order(111, 16, 0, Mixture((11, 100), (3.0, 1.0)))
    Order(112, 16, 0, Mixture((12, 100), (3.0, 1.0)))
