"""Rules: what they remove, when, how much of it, and what is counted."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from shards.refusal import Refusal
from training.false_negatives import KeepAll, Oracle, Threshold
from training.false_negatives.schedule import Schedule
from training.false_negatives.suspects import Detector, Samples, summarise

AT_ONCE = Schedule(start=0.0, ramp=0.0, most=1.0)


def samples(count, views=2, seed=0, ids=None, labels=True):
    draw = torch.Generator().manual_seed(seed)
    embeddings = F.normalize(torch.randn(count, views, 3, generator=draw), dim=-1)
    numbers = torch.arange(count) if ids is None else torch.tensor(ids)
    return Samples(embeddings, numbers, numbers % 3 if labels else None)


def find(rule, anchors, candidates, progress):
    """The removed pairs, and the counts."""
    suspects, counts = Detector(rule, 20, 3)(anchors, candidates, progress)
    return suspects.removed, counts


def best(anchors, candidates, i, m):
    return max(float(a @ c) for a in anchors.embeddings[i] for c in candidates.embeddings[m])


def test_a_threshold_removes_all_views_of_what_any_pair_of_views_makes_similar():
    anchors, candidates = samples(6), samples(9, seed=1, ids=[0, 1, 2, 10, 11, 12, 13, -1, -1])
    removed, _ = find(Threshold(0.6, schedule=AT_ONCE), anchors, candidates, 1.0)
    for i in range(6):
        for m in range(9):
            own, empty = anchors.ids[i] == candidates.ids[m], candidates.ids[m] < 0
            assert removed[i, m] == (not own and not empty and best(anchors, candidates, i, m) > 0.6)
    assert removed.any() and not removed.all()


def test_within_one_batch_the_mask_is_symmetric():
    one = samples(8)
    removed, _ = find(Threshold(0.5, schedule=AT_ONCE), one, one, 1.0)
    assert torch.equal(removed, removed.T) and removed.any() and not removed.diagonal().any()


@pytest.mark.parametrize("most", [0.25, 0.5])
def test_the_cap_takes_the_most_similar_first(most):
    one = samples(9)
    removed, _ = find(Threshold(-1.0, schedule=Schedule(0.0, 0.0, most)), one, one, 1.0)
    for i in range(9):
        ranked = sorted((m for m in range(9) if m != i), key=lambda m: -best(one, one, i, m))
        assert set(removed[i].nonzero()[:, 0].tolist()) == set(ranked[: int(most * 8)])


def test_an_oracle_removes_exactly_the_other_samples_of_the_class():
    one = samples(7)
    removed, counts = find(Oracle(), one, one, 0.0)
    same = one.labels[:, None] == one.labels[None]
    assert torch.equal(removed, same & ~torch.eye(7, dtype=torch.bool))
    assert summarise({name: float(count) for name, count in counts.items()}) == {
        "anchors without negatives": 0.0,
        "false negatives/share removed": pytest.approx(int(removed.sum()) / 42),
        "false negatives/precision": 1.0,
        "false negatives/recall": 1.0,
    }


def test_precision_and_recall_are_those_of_a_slow_count():
    one = samples(12)
    removed, counts = find(Threshold(0.8, schedule=AT_ONCE), one, one, 1.0)
    pairs = [(i, m) for i in range(12) for m in range(12) if i != m]
    hits = sum(bool(removed[p]) and one.labels[p[0]] == one.labels[p[1]] for p in pairs)
    same = sum(bool(one.labels[i] == one.labels[m]) for i, m in pairs)
    found = summarise({name: float(count) for name, count in counts.items()})
    assert found["false negatives/precision"] == pytest.approx(float(hits) / int(removed.sum()))
    assert found["false negatives/recall"] == pytest.approx(float(hits) / same)
    assert found["false negatives/share removed"] == pytest.approx(int(removed.sum()) / 132)


def test_without_labels_only_the_share_is_known_and_an_oracle_refuses():
    one = samples(6, labels=False)
    _, counts = find(Threshold(0.5, schedule=AT_ONCE), one, one, 1.0)
    assert set(counts) == {"stranded", "pairs", "removed"}
    with pytest.raises(Refusal, match="oracle needs labels"):
        find(Oracle(), one, one, 1.0)


def test_labels_reach_no_rule_but_the_oracle():
    one, seen = samples(6), []

    class Spy(Threshold):
        def __call__(self, pairs):
            seen.append(pairs.same)
            return super().__call__(pairs)

    find(Spy(0.5, schedule=AT_ONCE), one, one, 1.0)
    assert seen == [None]


def test_anchors_without_negatives_are_counted():
    one = samples(6)._replace(labels=torch.tensor([0, 0, 0, 0, 0, 0]))
    _, counts = find(Oracle(), one, one, 1.0)
    assert counts["stranded"] == 6
    _, counts = find(KeepAll(), one, samples(3, ids=[-1, -1, 2]), 1.0)
    assert counts["stranded"] == 1  # the only candidate is the third anchor's own


@given(start=st.floats(0, 1), ramp=st.floats(0, 1), most=st.floats(0, 1))
def test_a_schedule_is_nothing_then_rises_to_the_most(start, ramp, most):
    schedule = Schedule(start, ramp, most)
    shares = [schedule.share(step / 100) for step in range(101)]
    assert all(a <= b for a, b in zip(shares, shares[1:], strict=False)) and max(shares) <= most
    assert all(share == 0 for step, share in enumerate(shares) if step / 100 < start)
    assert start + ramp > 0.99 or shares[100] == pytest.approx(most)


@pytest.mark.parametrize("knobs", [{"start": -0.1}, {"ramp": 1.1}, {"most": 2.0}])
def test_shares_beyond_one_are_refused(knobs):
    with pytest.raises(ValueError, match="shares, from 0 to 1"):
        Schedule(**knobs)
