"""Rules: what they remove, when, how much of it, and what is counted."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from shards.refusal import Refusal
from tests.training.batches import batch, build
from tests.training.second import fnc_suspects, nt_xent
from training.false_negatives import FNC, AtRandom, Cluster, KeepAll, Oracle, Threshold, TopFraction, TopK
from training.false_negatives.schedule import Schedule
from training.false_negatives.suspects import Detector, Samples, summarise
from training.methods import SimCLR

AT_ONCE = Schedule(start=0.0, ramp=0.0, most=1.0)


def samples(count, views=2, seed=0, ids=None, labels=True):
    draw = torch.Generator().manual_seed(seed)
    embeddings = F.normalize(torch.randn(count, views, 3, generator=draw), dim=-1)
    numbers = torch.arange(count) if ids is None else torch.tensor(ids)
    return Samples(embeddings, numbers, numbers % 3 if labels else None)


def find(rule, anchors, candidates, progress):
    """The removed pairs, and the counts."""
    detector = Detector(rule, 20, 3)
    if detector.memory is not None:  # as if it had found clusters
        detector.memory.clusters.copy_(torch.arange(20) % 3)
    suspects, counts = detector(anchors, candidates, progress)
    return suspects.removed if suspects.attracted is None else suspects.attracted, counts


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
    find(AtRandom(Spy(0.5, schedule=AT_ONCE)), one, one, 1.0)
    assert seen == [None, None]


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


LOOKING = {
    "threshold": Threshold(0.3),
    "top-k": TopK(3),
    "top-fraction": TopFraction(schedule=Schedule(most=0.3)),
    "fnc": FNC(3, 0.3, schedule=Schedule()),
    "cluster": Cluster(3),
    "oracle": Oracle(schedule=Schedule()),
    "random": AtRandom(Threshold(0.3)),
}
MANY = [0, 1, 2, 10, 11, 12, 13, 14, 15, 16, -1, -1]


@pytest.mark.parametrize("name", LOOKING)
def test_all_rules_wait_grow_and_keep_off_own_samples_and_empty_places(name):
    schedule = Schedule(start=0.2, ramp=0.5, most=0.6)
    rule = LOOKING[name]
    rule = (
        replace(rule, like=replace(rule.like, schedule=schedule))
        if name == "random"
        else replace(rule, schedule=schedule)
    )
    anchors, candidates = samples(6), samples(12, seed=1, ids=MANY)
    candidate = (anchors.ids[:, None] != candidates.ids) & (candidates.ids >= 0)
    counts = []
    for progress in (0.0, 0.19, 0.3, 0.5, 0.7, 1.0):
        found, _ = find(rule, anchors, candidates, progress)
        assert not (found & ~candidate).any()
        assert (found.sum(1) <= schedule.share(progress) * candidate.sum(1) + 1e-6).all()
        counts.append(int(found.sum()))
    assert counts[:2] == [0, 0] and counts == sorted(counts) and counts[-1] > counts[2]


@pytest.mark.parametrize("name", LOOKING)
def test_which_pairs_are_found_does_not_depend_on_the_order_of_candidates(name):
    anchors, candidates = samples(6), samples(12, seed=1, ids=MANY)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(2))
    moved = Samples(candidates.embeddings[order], candidates.ids[order], candidates.labels[order])
    found, _ = find(LOOKING[name], anchors, candidates, 1.0)
    assert found.any() and torch.equal(find(LOOKING[name], anchors, moved, 1.0)[0], found[:, order])


def test_top_k_is_a_sorted_list_cut_off():
    anchors, candidates = samples(6), samples(12, seed=1, ids=MANY)
    found, _ = find(TopK(4, schedule=AT_ONCE), anchors, candidates, 1.0)
    for i in range(6):
        there = [m for m in range(10) if candidates.ids[m] != anchors.ids[i]]
        expected = sorted(there, key=lambda m: -best(anchors, candidates, i, m))[:4]
        assert sorted(found[i].nonzero()[:, 0].tolist()) == sorted(expected)
    everybody, _ = find(TopK(99, schedule=AT_ONCE), anchors, candidates, 1.0)
    assert torch.equal(everybody, (anchors.ids[:, None] != candidates.ids) & (candidates.ids >= 0))


def test_a_fraction_of_the_most_similar_grows_with_the_ramp():
    one, rule = samples(11), TopFraction(schedule=Schedule(start=0.0, ramp=1.0, most=0.5))
    assert [find(rule, one, one, p)[0].sum(1).unique().tolist() for p in (0.0, 0.4, 1.0)] == [[0], [2], [5]]
    half, fifth = find(rule, one, one, 1.0)[0], find(rule, one, one, 0.4)[0]
    assert not (fifth & ~half).any()


@pytest.mark.parametrize("support", [0, 3])
def test_fnc_is_its_slow_self_over_all_views(support):
    rule, anchors, candidates = FNC(3, 0.9, support), samples(8, 2 + support), samples(9, seed=1)
    found, _ = find(rule, anchors, candidates, 0.0)  # no warm-up
    expected = fnc_suspects(anchors.embeddings.numpy(), candidates.embeddings.numpy(), 3, 0.9, own=range(8))
    assert (found.numpy() == expected).all() and 0 < expected.sum() < 3 * 8
    assert rule.support_views == AtRandom(rule).support_views == support and Threshold().support_views == 0


def test_fnc_attracts_unless_told_otherwise():
    one = samples(6)
    suspects, _ = Detector(FNC(), 6, 3)(one, one, 0.0)
    assert suspects.removed is None and suspects.attracted.any()
    assert Detector(FNC(action="remove"), 6, 3)(one, one, 0.0)[0].attracted is None


@pytest.mark.parametrize("action", ["remove", "attract"])
def test_an_oracle_removes_from_the_loss_or_attracts_in_it(action):
    method, given = build(SimCLR(), Oracle(action=action)).eval(), batch(6)
    first, second = (part.detach() for part in method.embed(torch.cat(given.views)).chunk(2))
    same = (given.labels[:, None] == given.labels) & ~torch.eye(6, dtype=torch.bool)
    told = {"removed" if action == "remove" else "attracted": same.numpy()}
    assert method(given).loss.item() == pytest.approx(nt_xent(first, second, 0.2, **told), rel=1e-12)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: TopK(0), "count must be at least 1, got 0"),
        (lambda: FNC(above=1.5), "above=1.5"),
        (lambda: FNC(support=-1), "support=-1"),
        (lambda: Cluster(1), "clusters=1"),
        (lambda: Cluster(refresh=0.0), "refresh=0.0"),
    ],
)
def test_nonsense_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()
