"""Start noise of attacks: the words of shards/keyed.py, and a function of (seed, epoch, sample, view) alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.batch import Batch
from shards import keyed
from training.attacks.noise import noise, philox

word = st.integers(0, 2**32 - 1)


def asked(ids, epochs, seed=0, shape=(1, 3, 5, 5), dtype=torch.float32) -> Batch:
    views = torch.zeros(2, len(ids), *shape, dtype=dtype).unbind()
    return Batch(views, views[0][:, None][:, :0], torch.tensor(ids), None, epochs=torch.tensor(epochs), seed=seed)


@settings(max_examples=50, deadline=None)
@given(counter=st.tuples(word, word, word, word), key=st.tuples(word, word))
def test_words_are_those_of_numpys_version(counter, key):
    found = philox(tuple(torch.tensor([each]) for each in counter), key)
    assert [int(each) for each in found] == [
        int(each[0]) for each in keyed.philox(tuple([each] for each in counter), key)
    ]


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(st.tuples(word, word), min_size=1, max_size=4), seed=word, view=st.integers(0, 3), side=word)
def test_numbers_are_halves_of_the_words_by_their_key(rows, seed, view, side):
    shape = (1 + side % 2, 3, 1 + side % 5, 3)
    ids, epochs = zip(*rows, strict=True)
    count = np.prod(shape)
    counter = np.array(ids)[:, None], np.array(epochs)[:, None], view, np.arange(count)[None]  # blocks to spare
    words = np.stack(keyed.philox(counter, (seed, keyed.purpose_key("attack"))), -1)
    halves = np.stack([words >> np.uint64(16), words & np.uint64(0xFFFF)], -1).reshape(len(rows), -1)[:, :count]
    expected = (halves.astype(np.float64) + 0.5) / 2**15 - 1
    found = noise(asked(ids, epochs, seed, shape), view)
    assert found.dtype == torch.float32 and found.shape == (len(rows), *shape)
    assert np.array_equal(found.flatten(1).double().numpy(), expected)


def test_it_does_not_depend_on_who_else_is_there_nor_on_the_dtype():
    whole = noise(asked([7, 3, 7, 9], [0, 0, 1, 2]), 1)
    assert torch.equal(noise(asked([9, 7], [2, 1]), 1), whole[[3, 2]])
    assert torch.equal(noise(asked([7, 3, 7, 9], [0, 0, 1, 2], dtype=torch.float64), 1), whole.double())


@pytest.mark.parametrize("other", [{"ids": [4]}, {"epochs": [4]}, {"seed": 4}, {"view": 1}])
def test_each_part_of_the_key_makes_another_draw(other):
    key = {"ids": [3], "epochs": [3], "seed": 3, "view": 0}
    one, two = (noise(asked(**{k: v for k, v in of.items() if k != "view"}), of["view"]) for of in (key, key | other))
    assert (one == two).float().mean() < 0.1


def test_it_is_uniform_and_never_reaches_the_ends():
    values = noise(asked(list(range(50)), [0] * 50, shape=(1, 3, 32, 32)), 0).double()
    assert -1 < values.min() < -0.999 and 0.999 < values.max() < 1
    assert abs(values.mean()) < 5 / (3 * values.numel()) ** 0.5
    assert torch.histc(values, 16, -1, 1).div(values.numel() / 16).sub(1).abs().max() < 0.05


def test_a_batch_that_does_not_say_its_epochs_is_none_of_a_loader():
    with pytest.raises(AssertionError, match="say when their samples were drawn"):
        noise(replace(asked([1], [1]), epochs=None), 0)
