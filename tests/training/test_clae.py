"""CLAE: the sign of the two-forward attack, no trace in the network, and the plain loss at weight zero."""

import pytest
import torch

from tests.training.batches import batch, buffers, build, unchanged
from training.attacks import CLAE
from training.batch_norms import export, frozen_statistics, select
from training.encoders import NarrowResNet, NarrowResNet3D
from training.false_negatives import Oracle
from training.methods import UEL, MoCo, Plain, SimCLR

METHODS = {"simclr": SimCLR(), "moco": MoCo(queue=16), "plain": Plain(), "uel": UEL()}
KINDS = {"images": (NarrowResNet(width=4, zero_init=False), 1), "videos": (NarrowResNet3D(width=4), 4)}


@pytest.fixture(params=[(m, k) for m in METHODS for k in KINDS], ids=lambda pair: "-".join(pair))
def trained(request):
    """A method, on images or videos, after two steps, so that its queue is not empty; and a further batch."""
    method, (network, frames) = METHODS[request.param[0]], KINDS[request.param[1]]
    module = build(method, attack=CLAE(), network=network)
    for step in range(2):
        given = batch(5, seed=step, ids=list(range(10 * step, 10 * step + 5)), frames=frames)
        outcome = module(given)
        outcome.loss.backward()
        module.advance(outcome, given, 1.0)
    return module, batch(5, seed=9, ids=list(range(90, 95)), frames=frames)


def two_forwards(module, given, positive_only=False):
    """Gradient as the official code takes it: the clean crop and its copy go through one after the other."""
    view = given.views[0].clone().requires_grad_()
    with select(module, "adversarial"), frozen_statistics(module):
        anchor, embedding = module.embed(given.views[0]).detach(), module.embed(view)
        loss = -(anchor * embedding).sum() if positive_only else module.against(anchor, embedding, given)
        return torch.autograd.grad(loss, view)[0]


def test_one_forward_has_the_sign_of_two(trained):
    module, given = trained
    one, two = CLAE()._slope(module, given), two_forwards(module, given)
    clear = two.abs() > 1e-12
    assert clear.float().mean() > 0.9 and torch.equal(one.sign()[clear], two.sign()[clear])


def test_the_positive_of_the_same_crop_has_no_gradient(trained):
    module, given = trained
    whole, positive = two_forwards(module, given), two_forwards(module, given, positive_only=True)
    assert positive.abs().max() < 1e-9 * whole.abs().max()


def test_against_the_other_view_the_positive_has_one(trained):
    module, given = trained
    view = given.views[0].clone().requires_grad_()
    with select(module, "adversarial"), frozen_statistics(module):
        pull = -(module.target(given.views[1]) * module.embed(view)).sum()
        slope = torch.autograd.grad(pull, view)[0]
    assert slope.abs().max() > 1e-3 * CLAE(anchor="other")._slope(module, given).abs().max()


@pytest.mark.parametrize("anchor", ["same", "other"])
def test_the_attack_raises_its_loss_and_leaves_no_trace(trained, anchor):
    module, given = trained
    before, slopes = buffers(module), [p.grad.clone() for p in module.parameters() if p.grad is not None]
    attack = CLAE(radius=0.002, anchor=anchor)
    found = attack(module, given)
    assert unchanged(module, before) and module.training
    assert all(map(torch.equal, slopes, [p.grad for p in module.parameters() if p.grad is not None]))
    with select(module, "adversarial"), frozen_statistics(module), torch.no_grad():
        anchors = module.embed(given.views[0]) if anchor == "same" else module.target(given.views[1])
        start, end = (module.against(anchors, module.embed(v), given) for v in (given.views[0], found.views[0]))
    assert end > start and not found.views[0].requires_grad and found.anchor == (anchor == "other")


def test_every_pixel_moves_by_the_radius(trained):
    module, given = trained
    found, slope = CLAE(radius=0.015)(module, given), CLAE()._slope(module, given)
    start = given.views[0]
    moved = (found.views[0] - start).abs()[slope != 0]
    ulp = torch.finfo(torch.float64).eps
    assert len(moved) and (moved - 0.015).abs().max() <= ulp  # pixels lie below 2: their ulp is eps at most
    clamped = CLAE(radius=0.3, clamp=True)(module, given).views[0]
    assert clamped.min() == 0 and clamped.max() == 1 and CLAE(radius=0.3)(module, given).views[0].min() < 0


def slopes_of(module):
    return {n: p.grad for n, p in module.named_parameters() if p.grad is not None and "adversarial" not in n}


@pytest.mark.parametrize("name", METHODS)
def test_weight_zero_is_the_plain_loss_with_its_gradient(name):
    attack, given = CLAE(weight=0.0), batch(5)
    robust, plain = build(METHODS[name], attack=attack), build(METHODS[name])
    for step in range(2):  # of the second, MoCo's queue is no longer empty
        given = batch(5, seed=step, ids=list(range(10 * step, 10 * step + 5)))
        robust.zero_grad(), plain.zero_grad()
        one, other = robust(given, attack(robust, given)), plain(given)
        one.loss.backward(), other.loss.backward()
        robust.advance(one, given, 1.0), plain.advance(other, given, 1.0)
    assert one.loss.item() == pytest.approx(other.loss.item(), rel=1e-12)
    found = {name.replace(".clean", ""): slope for name, slope in slopes_of(robust).items()}
    expected = slopes_of(plain)
    assert found.keys() == expected.keys()
    for key, slope in expected.items():
        torch.testing.assert_close(found[key], slope, rtol=1e-10, atol=1e-12 * slope.abs().max().item())


def test_adversarial_views_move_only_their_own_statistics():
    attack, given = CLAE(), batch(5)
    robust, plain = build(SimCLR(), attack=attack), build(SimCLR())
    robust(given, attack(robust, given)), plain(given)
    moved = buffers(robust)
    assert unchanged(export(robust, "clean"), buffers(plain))
    assert not torch.equal(
        moved["encoder.network.bn1.adversarial.running_mean"], moved["encoder.network.bn1.clean.running_mean"]
    )


@pytest.mark.parametrize("anchor", ["same", "other"])
def test_the_loss_is_the_sum_of_both_terms(anchor):
    attack, given = CLAE(weight=0.7, anchor=anchor), batch(5)
    module = build(SimCLR(), attack=attack)
    found = attack(module, given)
    whole, clean = module(given, found).loss, module(given).loss
    first, second = module.embed(torch.cat(given.views)).chunk(2)
    with select(module, "adversarial"):
        worse = module.embed(found.views[0])
    term = module.against(second if anchor == "other" else first, worse, given)
    assert whole.item() == pytest.approx((clean + 0.7 * term).item(), rel=1e-12)


@pytest.mark.parametrize("told", [False, True])
def test_an_attack_that_knows_false_negatives_climbs_the_loss_without_them(told):
    """NT-Xent of CLAE §1.2 in a plain double loop, whose slope the attack's is."""
    method, given = build(SimCLR(), Oracle(in_attack=told), attack=CLAE()), batch(6)
    before, view = buffers(method), given.views[0].clone().requires_grad_()
    with select(method, "adversarial"), frozen_statistics(method):
        embedding = method.embed(view)
    both, loss = torch.cat([embedding.detach(), embedding]), 0.0
    for a in range(12):
        own = (a + 6) % 12
        near = [b for b in range(12) if b % 6 != a % 6 and not (told and given.labels[a % 6] == given.labels[b % 6])]
        similar = both[[own, *near]] @ both[a] / 0.2
        loss = loss - torch.log_softmax(similar, 0)[0] / 12
    (expected,) = torch.autograd.grad(loss, view)
    moved = CLAE()(method, given).views[0]
    assert unchanged(method, before)
    assert torch.equal((moved - given.views[0]).sign(), expected.sign())
    found = CLAE()._slope(method, given, method.suspect(given, 1.0))
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12 * expected.abs().max().item())


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="need radius > 0 and weight >= 0, got 0.0"):
        CLAE(radius=0.0)
