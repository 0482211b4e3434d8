"""RoCL's and ACL's loss, its gradient and its attack, step by step, against second_adversarial.py."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.training import second_adversarial as second
from tests.training.batches import batch, build
from training.attacks import PGD
from training.batch_norms import frozen_statistics, select
from training.false_negatives import Oracle, Threshold
from training.false_negatives.schedule import Schedule
from training.false_negatives.suspects import Suspects
from training.heads import Head
from training.methods import ACL, RoCL
from training.methods.method import Adversarial
from training.modes import evaluating

SMALL = Head(hidden=8, out=8)
LAMBDA = 3.0  # so that the further term would be missed
METHODS = {"rocl": RoCL(temperature=0.3, head=replace(SMALL, norm=False), alpha=1.7, divisor=LAMBDA)} | {
    pairs: ACL(pairs=pairs, temperature=0.3, head=SMALL, alpha=1.7) for pairs in ("ds", "a2s", "a2a")
}
NO_SCHEDULE = Schedule(start=0.0, ramp=0.0, most=1.0)
IDS = {"each once": [0, 1, 2, 3, 4], "one twice": [0, 1, 2, 0, 4]}
RULES = {
    "nobody": None,
    "removed": Oracle(in_attack=True),
    "attracted": Oracle(action="attract", in_attack=True),
    "similar": Threshold(above=0.7, schedule=NO_SCHEDULE, in_attack=True),
}


def raw(module, views):
    return module.head(module.encoder(views))


def raws(module, given, worse):
    """Embeddings before they have length one, by stream as training passes them; and those that rules look at."""
    if isinstance(module.knobs, RoCL):
        rows = raw(module, torch.cat([*given.views, worse[0]]))
        return rows, rows.chunk(3)[:2]
    if module.knobs.pairs == "a2a":
        rows = raw(module, torch.cat(worse))
        with frozen_statistics(module):
            return rows, raw(module, torch.cat(given.views)).chunk(2)
    if module.knobs.pairs == "a2s":
        with select(module, "adversarial"):
            rows = raw(module, worse[0])
        clean = raw(module, given.views[1])
        return torch.cat([rows, clean]), (clean,)
    clean = raw(module, torch.cat(given.views))
    with select(module, "adversarial"):
        return torch.cat([clean, raw(module, torch.cat(worse))]), clean.chunk(2)


def similarity(seen):
    unit = [(z / z.norm(dim=1, keepdim=True)).detach().numpy() for z in seen]
    return np.max([one @ other.T for one in unit for other in unit], axis=0)


def aimed(rule, seen):
    """A threshold that about half of the pairs exceed."""
    if not isinstance(rule, Threshold):
        return rule
    return replace(rule, above=float(np.median(similarity(seen)[np.triu_indices(5, 1)])))


def masks(given, rule, seen):
    """By samples: who is left out, among them a second self, and who attracts."""
    again = (given.ids[:, None] == given.ids[None]).numpy()
    found = (given.labels[:, None] == given.labels[None]).numpy() & ~again
    if isinstance(rule, Threshold):
        found = (similarity(seen) > rule.above) & ~again
        assert 0 < found.sum() < found.size - again.sum(), "the test would say nothing"
    action = getattr(rule, "action", None)
    return {"removed": again | (found & (action == "remove")), "attracted": found if action == "attract" else None}


def expected_slopes(knobs, rows, tau, own, **told):
    if isinstance(knobs, RoCL):
        parts = rows.detach().numpy().reshape(3, -1, rows.shape[1])
        return second.rocl(*parts, tau, 1 / LAMBDA, own=own, alpha=1.7, **told)
    streams = rows.detach().numpy().reshape(-1, 2, len(rows) // (4 if knobs.pairs == "ds" else 2), rows.shape[1])
    return second.acl(list(streams), tau, own=own, alpha=1.7, **told)


@pytest.mark.parametrize(
    ("ids", "rule", "negatives"),
    [
        ("each once", "nobody", 0),
        ("one twice", "nobody", 2),
        ("one twice", "removed", 2),
        ("one twice", "attracted", 0),
        ("each once", "attracted", 2),
        ("each once", "similar", 0),
    ],
)
@pytest.mark.parametrize("name", METHODS)
def test_loss_and_gradient(name, ids, rule, negatives):
    knobs, given = METHODS[name], batch(5, negatives, ids=IDS[ids])
    worse = tuple(view.flip(-1) for view in given.views)[: 1 if name in ("rocl", "a2s") else 2]
    rule = aimed(RULES[rule], raws(build(knobs, attack=PGD()), given, worse)[1])
    module, twin = (build(knobs, rule, PGD()) for _ in range(2))
    outcome = module(given, Adversarial(worse))
    outcome.loss.backward()
    rows, seen = raws(twin, given, worse)
    own = None
    if negatives:
        with torch.no_grad(), frozen_statistics(twin):
            own = raw(twin, given.negatives.flatten(0, 1)).unflatten(0, (5, negatives)).numpy()
    loss, slopes = expected_slopes(knobs, rows, 0.3, own, **masks(given, rule, seen))
    rows.backward(torch.tensor(np.concatenate(slopes)).flatten(0, -2))
    assert outcome.loss.item() == pytest.approx(loss, rel=1e-10)
    largest = max(p.grad.abs().max().item() for p in twin.parameters())
    for (key, found), sought in zip(module.named_parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(found.grad, sought.grad, rtol=1e-10, atol=1e-10 * largest, msg=key)
    assert all(map(torch.equal, module.buffers(), twin.buffers()))


def by_torch(module, branch):
    """The network as `second` takes it: pixels to rows, and slopes of rows to slopes of pixels."""

    def embed(view):
        with torch.no_grad(), select(module, branch):
            return raw(module, torch.tensor(view)).numpy()

    def pull(view, slope):
        pixels = torch.tensor(view, requires_grad=True)
        with select(module, branch):
            return torch.autograd.grad(raw(module, pixels), pixels, torch.tensor(slope))[0].numpy()

    return embed, pull


@pytest.mark.parametrize(
    ("name", "ids", "rule", "norm"),
    [
        ("rocl", "each once", "nobody", "linf"), ("rocl", "one twice", "similar", "linf"),
        ("rocl", "one twice", "attracted", "l2"), ("ds", "each once", "nobody", "linf"),
        ("ds", "one twice", "similar", "l2"), ("a2a", "one twice", "removed", "linf"),
        ("a2s", "one twice", "similar", "linf"),
    ],
)  # fmt: skip
def test_attacked_views_step_by_step(name, ids, rule, norm):
    given = batch(5, ids=IDS[ids])
    attack = PGD(radius=0.03, stride=0.01, norm=norm) if norm == "linf" else PGD(radius=0.5, stride=0.2, norm=norm)
    module = build(METHODS[name], RULES[rule], attack)
    module(given, replace(attack, steps=0)(module, given))  # moves statistics from where they began
    starts = [view.numpy() for view in replace(attack, steps=0)(module, given).views]
    origins = [view.numpy() for view in given.views][: len(starts)]
    noises = [start - origin for start, origin in zip(starts, origins, strict=True)]
    with evaluating(module):
        embed, pull = by_torch(module, "adversarial" if name in ("ds", "a2s") else "clean")
        clean = by_torch(module, "clean")[0]
        seen = [torch.tensor(clean(view.numpy())) for view in given.views]
        module.detector.rule = aimed(module.detector.rule, seen)
        told = masks(given, module.detector.rule, seen)
        if name == "rocl":
            uphill = second.rocl_uphill(given.views[1].numpy(), embed, pull, 0.3, **told)
        elif name == "a2s":
            uphill = second.to_standard_uphill(clean(given.views[1].numpy()), embed, pull, 0.3, **told)
        else:
            uphill = second.acl_uphill(embed, pull, 0.3, **told)
        within = second.signs_within if norm == "linf" else second.lengths_within
        stages = second.climb(origins, noises, uphill, attack.radius, attack.stride, 4, within)
    for steps, stage in enumerate(stages):
        found = replace(attack, steps=steps)(module, given).views
        assert len(found) == len(stage)
        for view, sought in zip(found, stage, strict=True):
            torch.testing.assert_close(view, torch.tensor(sought), rtol=0, atol=1e-12)


def test_a_rule_that_does_not_tell_the_attack_leaves_it_alone():
    given = batch(5)
    for name, knobs in METHODS.items():
        plain, silent, told = (
            PGD(steps=2)(build(knobs, rule, PGD()), given).views[0] for rule in (None, Oracle(), Oracle(in_attack=True))
        )
        assert torch.equal(plain, silent) and not torch.equal(plain, told), name


@pytest.mark.parametrize("views", [2, 3, 4])
@pytest.mark.parametrize("attracted", [False, True])
def test_any_number_of_views(views, attracted):
    """All columns with gradient: what `RoCL` adds up is (views - 1) times what `InBatch` averages."""
    draw = torch.Generator().manual_seed(views)
    given = batch(5, ids=IDS["one twice"])
    module = build(ACL(pairs="a2a", temperature=0.3, head=SMALL), Oracle(action="attract" if attracted else "remove"))
    rows = torch.randn(views, 5, 8, dtype=torch.float64, generator=draw).requires_grad_()
    told = masks(given, module.detector.rule, rows.unbind())
    suspects = Suspects(*(None if told[k] is None else torch.tensor(told[k]) for k in ("removed", "attracted")))
    unit = torch.nn.functional.normalize(rows, dim=2)
    found = (views - 1) * module.compare(unit.unbind(), given, suspects)
    loss, slopes = second.nt_xent_many(rows.detach().numpy(), 0.3, **told)
    assert found.item() == pytest.approx(loss, rel=1e-12)
    torch.testing.assert_close(torch.autograd.grad(found, rows)[0], torch.tensor(slopes), rtol=1e-10, atol=1e-13)


def test_the_second_implementation_has_the_slope_of_its_own_loss():
    """By central differences; constant columns are those of the middle."""
    draw = np.random.default_rng(0)
    views, own = draw.normal(size=(3, 4, 5)), draw.normal(size=(4, 2, 5))
    told = {"removed": np.eye(4)[[1, 0, 3, 2]] > 0, "own": own, "alpha": 1.7}
    _, slopes = second.nt_xent_many(views, 0.3, **told)
    for at in [(0, 1, 2), (1, 0, 0), (2, 3, 4)]:
        ends = []
        for step in (1e-6, -1e-6):
            moved = views.copy()
            moved[at] += step
            ends.append(second.nt_xent_many(moved, 0.3, **told)[0])
        assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(slopes[at], abs=1e-8)
    assert np.abs(second.nt_xent_many(views, 0.3, **told, columns=False)[1] - slopes).max() > 0.01
