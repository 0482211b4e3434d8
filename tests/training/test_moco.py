"""MoCo: its loss against a slow double loop, its queue, its slow encoder."""

import math

import pytest
import torch
import torch.nn.functional as F

from shards.refusal import Refusal
from tests.training.batches import batch, buffers, build, unchanged
from training.false_negatives import Oracle
from training.false_negatives.suspects import Suspects
from training.methods import MoCo


def filled(knobs, rule=None, ids=range(10, 22)):
    """A module whose queue of 16 holds 12 keys; in evaluation mode, so that passes can be taken apart."""
    method = build(knobs, rule).eval()
    draw = torch.Generator().manual_seed(7)
    method.queue.keys[:12] = F.normalize(torch.randn(12, 128, dtype=torch.float64, generator=draw), dim=1)
    method.queue.ids[:12] = torch.tensor(list(ids))
    method.queue.labels[:12] = torch.arange(12) % 3
    for parameter in method.slow.encoder.parameters():
        parameter.data.mul_(1.1)  # else keys and queries of one view would be equal
    return method


@torch.no_grad()
def slow(method, given, asked=(0,), may_meet=lambda i, k: True):
    """The loss of arXiv 2110.14189 with MoCo's queue, term by term."""
    tau, alpha, total = method.knobs.temperature, method.knobs.alpha, 0.0
    for v in asked:
        queries, keys = method.embed(given.views[v]), method.target(given.views[1 - v])
        for i, (query, key) in enumerate(zip(queries, keys, strict=True)):
            positive = math.exp(float(query @ key) / tau)
            whole = positive
            for k in range(12):
                if method.queue.ids[k] != given.ids[i] and may_meet(i, k):
                    whole += math.exp(float(query @ method.queue.keys[k]) / tau)
            for negative in given.negatives[i]:
                whole += math.exp(alpha * float(query @ method.target(negative[None])[0]) / tau)
            total -= math.log(positive / whole)
    return total / (len(asked) * len(given.ids))


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("negatives", [0, 2])
@pytest.mark.parametrize("ids", [[0, 1, 2, 3, 4], [0, 1, 12, 1, 20]], ids=["new", "repeated and queued"])
def test_agrees_with_a_double_loop(symmetric, negatives, ids):
    method, given = filled(MoCo(queue=16, symmetric=symmetric, alpha=1.7)), batch(5, negatives, ids=ids)
    expected = slow(method, given, (0, 1) if symmetric else (0,))
    assert method(given).loss.item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("symmetric", [False, True])
def test_an_oracle_removes_queued_keys_of_one_class(symmetric):
    method, given = filled(MoCo(queue=16, symmetric=symmetric), Oracle()), batch(5, ids=[0, 1, 12, 3, 4])
    expected = slow(method, given, (0, 1) if symmetric else (0,), lambda i, k: i % 3 != k % 3)
    outcome = method(given)
    assert outcome.loss.item() == pytest.approx(expected, rel=1e-12)
    assert outcome.counts["removed"] == outcome.counts["removed of the same class"] == 5 * 4 - 1  # id 12: not its own


def test_gradients_are_those_of_finite_differences():
    method, given = filled(MoCo(queue=16)), batch(3, ids=[0, 12, 2])
    shapes = ((3, 128), (3, 128), (3, 2, 128))
    keys, queries, extra = (
        F.normalize(torch.randn(s, dtype=torch.float64, generator=torch.Generator().manual_seed(i)), dim=-1)
        for i, s in enumerate(shapes)
    )
    suspects = torch.zeros(3, 16, dtype=torch.bool)
    suspects[0, 3] = suspects[2, 7] = True
    torch.autograd.gradcheck(
        lambda q, e: method._ask((q,), (keys,), given, Suspects(suspects, None), e),
        (queries.requires_grad_(), extra.requires_grad_()),
    )


def test_an_empty_queue_leaves_every_anchor_without_negatives():
    outcome = build(MoCo(queue=16))(batch(5))
    assert outcome.loss == 0 and outcome.counts["stranded"] == 5


def test_forward_writes_nothing_but_the_clean_statistics_of_the_query_encoder():
    method = build(MoCo(queue=16))
    before = {n: b for n, b in buffers(method).items() if not n.startswith(("encoder.", "head."))}
    method(batch(5, negatives=2))
    assert before and all(torch.equal(dict(method.named_buffers())[name], b) for name, b in before.items())


@pytest.mark.parametrize("symmetric", [False, True])
def test_advance_puts_keys_in_the_oldest_places_and_no_negative(symmetric):
    method, times = build(MoCo(queue=16, symmetric=symmetric)).eval(), 2 if symmetric else 1
    keys = []
    for step in range(4):
        given = batch(5, negatives=2, seed=step, ids=list(range(5 * step, 5 * step + 5)))
        outcome = method(given)
        expected = [method.target(given.views[1 - v]) for v in range(times)]
        assert torch.allclose(outcome.keys, torch.cat(expected))
        keys += zip(outcome.keys, given.ids.tolist() * times, given.labels.tolist() * times, strict=True)
        method.advance(outcome, given, 1.0)
    for number, (key, sample, label) in list(enumerate(keys))[-16:]:
        assert torch.equal(method.queue.keys[number % 16], key)
        assert method.queue.ids[number % 16] == sample and method.queue.labels[number % 16] == label
    assert method.queue.oldest == len(keys) % 16


def test_the_key_encoder_follows_the_query_encoder():
    method = build(MoCo(queue=16, momentum=0.9))
    before = [p.clone() for p in (*method.slow.encoder.parameters(), *method.slow.head.parameters())]
    with torch.no_grad():
        for parameter in method.parameters():
            if parameter.requires_grad:
                parameter.add_(1.0)
    method.advance(method(batch(5)), batch(5), 1.0)
    after = [*method.slow.encoder.parameters(), *method.slow.head.parameters()]
    assert all(torch.allclose(a, b + 0.1, rtol=1e-12) for a, b in zip(after, before, strict=True))
    assert not any(p.requires_grad for p in after)


def test_a_queue_smaller_than_a_step_is_refused():
    method, given = build(MoCo(queue=4)), batch(5)
    with pytest.raises(
        Refusal, match="a queue of 4 keys cannot hold the 5 of one step; give --method.queue at least 5"
    ):
        method.advance(method(given), given, 1.0)


def test_evaluation_leaves_no_trace():
    method = filled(MoCo(queue=16))
    before = buffers(method)
    method(batch(5, negatives=1))
    assert unchanged(method, before)
