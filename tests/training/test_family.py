"""DynACL, DeACL and AdvCL against their formulas in plain loops, and what they keep."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.negatives import NoNegatives, Patches
from shards.refusal import Refusal
from tests.training.batches import batch, buffers, build, unchanged
from training.attacks import PGD, Stillness
from training.batch_norms import BranchedBatchNorm, select
from training.checkpoints import load_checkpoint, save_checkpoint
from training.false_negatives import KeepAll, Oracle, Threshold
from training.false_negatives.suspects import summarise
from training.fit import check_parts
from training.heads import Head
from training.methods import AdvCL, DeACL, DynACL
from training.methods.high_frequency import high_frequency
from training.methods.method import Adversarial
from training.optimizers import SGD

SMALL = Head(hidden=8, out=8)
DYNACL = DynACL(temperature=0.3, head=SMALL)
ADVCL = AdvCL(temperature=0.3, head=SMALL, scale=1.7, weight=0.6, clusters=(2, 3), coarse=2.0, start=0.3)


def given(views, count=6, seed=0):
    """A batch with so many views, of which keyed noise can be drawn."""
    draw = torch.Generator().manual_seed(seed + 50)
    more = torch.rand(views, count, 1, 3, 8, 8, dtype=torch.float64, generator=draw).unbind()
    plain = batch(count, seed=seed)
    return replace(plain, views=(*plain.views, *more)[:views], epochs=torch.zeros(count, dtype=torch.long))


def moved(one):
    """Any clips in the place of an attack's."""
    return Adversarial(tuple(torch.rand_like(view) for view in one))


def aged(module):
    """Different weights and statistics everywhere, so that nothing can stand for something else."""
    draw = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            if tensor.is_floating_point() and "pseudo" not in name:
                tensor.mul_(1 + 0.3 * torch.rand(tensor.shape, dtype=tensor.dtype, generator=draw))
    return module.eval()


def nt_xent(views, tau, removed=None):
    """CLAE §4.1, §4.3: every view in turn, the sample's others positive, mean over anchors and positives."""
    views = [view.detach().numpy() for view in views]
    n, total = len(views[0]), 0.0
    for v, view in enumerate(views):
        for i in range(n):
            below = 0.0
            for u, other in enumerate(views):
                for j in range(n):
                    mine = i == j
                    if (u, j) != (v, i) and (mine or removed is None or not removed[i][j]):
                        below += np.exp(float(view[i] @ other[j]) / tau)
            positives = [float(view[i] @ other[i]) / tau for u, other in enumerate(views) if u != v]
            total -= sum(p - np.log(below) for p in positives) / len(positives)
    return total / (n * len(views))


@pytest.mark.parametrize("progress", [0.0, 0.5, 0.97])
def test_dynacl_weighs_two_streams_whose_second_views_are_the_copys(progress):
    module, one = aged(build(DYNACL, attack=PGD())), given(2)
    worse = moved(one.views)
    pairs = []
    for branch, (first, second) in (("clean", one.views), ("adversarial", worse.views)):
        with select(module, branch):
            pairs.append((module.embed(first), module.slow.embed(second, branch)))
    w = min(1 + np.floor(progress * 1000 / 50) * 50 / 1000 * (2 / 3), 2)
    value = ((2 - w) * nt_xent(pairs[0], 0.3) + w * nt_xent(pairs[1], 0.3)) / 2
    assert module(one, worse, progress).loss.item() == pytest.approx(value, rel=1e-12)


def test_dynacls_weight_rises_by_the_published_stairs():
    module = build(DYNACL)
    for epoch in range(1000):
        w = min(1 + epoch // 50 * 50 / 1000 * (2 / 3), 2)
        assert module.weight(epoch / 1000) == pytest.approx(w, rel=1e-12)
    assert build(replace(DYNACL, rise=3.0)).weight(0.9) == 2


def test_dynacls_attack_climbs_both_views_through_both_networks():
    module, one = aged(build(DYNACL, attack=PGD())), given(2, count=3)
    views, loss = module.objective(one, 0.5)
    here = tuple(view.clone().requires_grad_() for view in views)
    slopes = torch.autograd.grad(loss(here), here)
    for number, slope in enumerate(slopes):
        place = slope.abs().argmax()
        ends = []
        for step in (1e-6, -1e-6):
            changed = [view.clone(memory_format=torch.contiguous_format) for view in views]
            changed[number].view(-1)[place] += step
            ends.append(loss(tuple(changed)).item())
        assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(slope.flatten()[place].item(), rel=1e-4) != 0


def test_dynacls_copy_learns_nothing_follows_and_keeps_its_own_statistics():
    module, one = build(DYNACL, attack=PGD()), given(2)
    norm = next(part for part in module.slow.modules() if isinstance(part, BranchedBatchNorm))
    seen = {"clean": [], "adversarial": []}
    norm.register_forward_pre_hook(lambda part, args: seen[part.chosen].append(args[0]))
    before = buffers(module)
    worse = PGD(steps=2)(module, one)
    assert unchanged(module, before)  # the attack leaves both networks' statistics
    for found in seen.values():
        found.clear()
    outcome = module(one, worse)
    for branch in seen:
        (features,) = seen[branch]
        mean = getattr(norm, branch).running_mean
        torch.testing.assert_close(mean, 0.1 * features.mean((0, 2, 3)), rtol=1e-10, atol=1e-12)
    outcome.loss.backward()
    assert all(p.grad is None for p in module.slow.parameters())
    assert all(p.grad is not None for part in (module.encoder, module.head) for p in part.parameters())
    SGD(rate=0.5).build(module).step()
    pairs = list(zip(module.slow.parameters(), (*module.encoder.parameters(), *module.head.parameters()), strict=True))
    expected, statistics = [0.99 * slow + 0.01 * fast for slow, fast in pairs], buffers(module)
    module.advance(outcome, one, 0.0)
    for (slow, _), wanted in zip(pairs, expected, strict=True):
        torch.testing.assert_close(slow, wanted, rtol=1e-12, atol=1e-15)
    assert unchanged(module, statistics)  # parameters alone follow


def contrasted(module, one, worse):
    """AdvCL's four embeddings, and the logits of the clusters."""
    first, second, weak = one.views
    clean = module.embed(torch.cat([first, second, high_frequency(weak, 2.0)])).chunk(3)
    with select(module, "adversarial"):
        adversarial = module.embed(worse.views[0])
    with select(module, "labelled"):
        features = module.encoder(worse.views[1])
    return (adversarial, *clean), [classify(features).detach().numpy() for classify in module.classifiers]


@pytest.mark.parametrize("rule", [None, Oracle()])
def test_advcl_contrasts_four_views_and_tells_clusters_apart(rule):
    module, one = aged(build(ADVCL, rule, attack=PGD(), samples=6)), given(3)
    labels = torch.tensor([[0, 1, 1, -1, 0, 1], [2, 0, 1, -1, 1, 0]])  # one was not seen before clusters were found
    module.pseudo.labels.copy_(labels)
    worse = moved((one.views[2],) * 2)
    views, logits = contrasted(module, one, worse)
    same = one.labels[:, None] == one.labels[None]
    value = 1.7 * nt_xent(views, 0.3, None if rule is None else same.tolist())
    for rows, classes in zip(logits, labels.tolist(), strict=True):
        for row, label in zip(rows, classes, strict=True):
            if label >= 0:
                value -= 0.6 * (row[label] - np.log(np.exp(row).sum())) / 6 / 2
    assert module(one, worse).loss.item() == pytest.approx(value, rel=1e-12)


def test_advcls_copies_climb_a_part_each_and_move_norms_of_their_own():
    module, one = build(ADVCL, attack=PGD(), samples=6), given(3)
    attack, before = PGD(steps=2, statistics="batch"), buffers(module)
    start = replace(attack, steps=0)(module, one)
    found = attack(module, one)
    assert unchanged(module, before)
    assert torch.equal(found.views[1], start.views[1])  # as long as nobody has a cluster
    assert not torch.equal(found.views[0], start.views[0]) and not torch.equal(start.views[0], start.views[1])
    module.pseudo.labels.copy_(torch.arange(6) % 2)
    labelled = attack(module, one)
    assert torch.equal(labelled.views[0], found.views[0]) and not torch.equal(labelled.views[1], found.views[1])
    for view in labelled.views:
        assert (view - one.views[2]).abs().max() <= 8 / 255 + 1e-12
    module(one, labelled).loss.backward()
    assert all(p.grad is not None for p in module.parameters())  # else two processes would wait for each other
    for norms in (part for part in module.encoder.modules() if isinstance(part, BranchedBatchNorm)):
        assert [int(norm.num_batches_tracked) for norm in norms.children()] == [1, 1, 1]


def learn(module, optimizer, steps):
    """Steps of a run of ten on twelve samples, all of which are known after two."""
    for step in steps:
        one = replace(given(module.knobs.views, seed=step), ids=torch.arange(6) + 6 * (step % 2))
        outcome = module(one, PGD(steps=1)(module, one, step / 10), step / 10)
        outcome.loss.backward()
        optimizer.step(), optimizer.zero_grad()
        module.advance(outcome, one, step / 10)


@pytest.mark.parametrize("kind", [DYNACL, ADVCL])
def test_a_resumed_run_goes_on_bit_by_bit(kind, tmp_path):
    calm, rough, resumed = (build(kind, attack=PGD(), samples=12) for _ in range(3))
    optimizers = [SGD().build(module) for module in (calm, rough, resumed)]
    learn(calm, optimizers[0], range(6))
    for cut in (2, 4):  # before and after clusters are found
        learn(rough, optimizers[1], range(cut - 2, cut))
        load_checkpoint(save_checkpoint(tmp_path / str(cut), cut, rough, optimizers[1], {}), resumed, optimizers[2])
        learn(resumed, optimizers[2], range(cut, 6))
        for name, tensor in calm.state_dict().items():
            assert torch.equal(tensor, resumed.state_dict()[name]), name


def test_pseudo_labels_are_found_once_for_all_that_are_known():
    module = build(ADVCL, attack=PGD(), samples=14)
    optimizer = SGD().build(module)
    learn(module, optimizer, range(3))
    assert (module.pseudo.labels == -1).all() and not module.pseudo.found
    learn(module, optimizer, range(3, 4))
    labels = module.pseudo.labels.clone()
    assert [sorted(set(row.tolist())) for row in labels[:, :12]] == [[0, 1], [0, 1, 2]]
    assert (labels[:, 12:] == -1).all()  # never seen
    learn(module, optimizer, range(4, 8))
    assert torch.equal(module.pseudo.labels, labels)


def test_samples_without_pseudo_labels_are_counted():
    module, one = build(ADVCL, attack=PGD(), samples=40), given(3)
    assert summarise({n: float(c) for n, c in module(one, moved(one.views[:2])).counts.items()}) == {
        "anchors without negatives": 0.0,
        "samples without pseudo-labels": 6.0,
    }
    module.pseudo.labels[:, one.ids[:4]] = 1
    assert int(module(one, moved(one.views[:2])).counts["unlabelled"]) == 2


def test_fewer_known_samples_than_clusters_wait():
    module = build(replace(ADVCL, clusters=(2, 9), start=0.0), attack=PGD(), samples=12)
    learn(module, SGD().build(module), range(1))
    assert (module.pseudo.labels == -1).all() and not module.pseudo.found


def test_too_many_clusters_are_refused():
    with pytest.raises(
        Refusal, match="cannot part 499 samples into 500 clusters; give --method.clusters .* at most 499"
    ):
        AdvCL().check(499)
    AdvCL().check(500)


@pytest.mark.parametrize("method", [DynACL(), DeACL(), AdvCL()])
def test_who_goes_with_whom(method):
    check_parts(method, PGD(), KeepAll(), NoNegatives())
    with pytest.raises(ValueError, match=f"{type(method).__name__} is made of an attack .* add attack:pgd"):
        check_parts(method, Stillness(), KeepAll(), NoNegatives())
    if method.negatives:
        check_parts(method, PGD(), Threshold(), Patches())
        return
    with pytest.raises(ValueError, match="looks for false negatives, and DeACL has no negatives"):
        check_parts(method, PGD(), Threshold(), NoNegatives())
    with pytest.raises(ValueError, match="makes negatives of each sample, and DeACL does not use them"):
        check_parts(method, PGD(), KeepAll(), Patches())


@pytest.mark.parametrize(
    "make",
    [
        lambda: DynACL(momentum=1.1), lambda: DynACL(stages=0), lambda: DynACL(rise=-1.0), lambda: DeACL(weight=-1.0),
        lambda: AdvCL(start=1.0), lambda: AdvCL(weight=-0.1), lambda: AdvCL(clusters=()), lambda: AdvCL(clusters=(1,)),
    ],
)  # fmt: skip
def test_knobs_that_make_no_sense_are_refused(make):
    with pytest.raises(ValueError, match="need |must be "):
        make()
