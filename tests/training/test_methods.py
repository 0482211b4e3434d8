"""Every method's loss against a second implementation (second.py), its gradient, and what it refuses."""

import pytest
import torch
import torch.nn.functional as F

from pipelines.negatives import NoNegatives, Patches
from shards.refusal import Refusal
from tests.training import second
from tests.training.batches import batch, buffers, build, unchanged
from training.attacks import CLAE, Stillness
from training.batch_norms import select
from training.false_negatives import KeepAll, Oracle, Threshold
from training.fit import check_parts
from training.heads import Head
from training.losses import contrast, spread
from training.methods import BYOL, UEL, MoCo, Plain, SimCLR, SupCon, Supervised
from training.methods.byol import byol
from training.methods.method import own_negatives

SMALL = Head(hidden=8, out=8)
BY_NAME = {
    "simclr": (SimCLR(temperature=0.3, alpha=1.7), second.nt_xent),
    "plain": (Plain(temperature=0.3, alpha=1.7), second.plain),
}
MASKS = {"nobody": None, "removed": "remove", "attracted": "attract"}


def embedded(module, given):
    return [module.embed(view).detach().numpy() for view in given.views]


def own(module, given):
    return module.embed(given.negatives.flatten(0, 1)).unflatten(0, given.negatives.shape[:2]).detach().numpy()


@pytest.mark.parametrize("negatives", [0, 2])
@pytest.mark.parametrize("action", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("name", BY_NAME)
def test_contrast_within_the_batch(name, action, negatives):
    knobs, expected = BY_NAME[name]
    module = build(knobs, Oracle(action=action) if action else None).eval()
    given = batch(7, negatives)
    same = (given.labels[:, None] == given.labels[None]).numpy() & ~torch.eye(7, dtype=torch.bool).numpy()
    masks = {"removed": same if action == "remove" else None, "attracted": same if action == "attract" else None}
    extra = {"negatives": own(module, given), "alpha": 1.7} if negatives else {}
    value = expected(*embedded(module, given), 0.3, **masks, **extra)
    assert module(given).loss.item() == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("action", MASKS.values(), ids=MASKS)
def test_moco_with_its_queue(action):
    module = build(MoCo(queue=12, temperature=0.3), Oracle(action=action) if action else None).eval()
    draw, given = torch.Generator().manual_seed(3), batch(5, 2)
    module.queue.keys.copy_(F.normalize(torch.randn(12, 128, dtype=torch.float64, generator=draw), dim=1))
    module.queue.ids.copy_(torch.arange(20, 32)), module.queue.labels.copy_(torch.arange(12) % 3)
    same = (given.labels[:, None] == module.queue.labels[None]).numpy()
    masks = {"removed": same if action == "remove" else None, "attracted": same if action == "attract" else None}
    keys, negatives = module.target(given.views[1]), own_negatives(module.slow, given.negatives)
    value = second.moco(
        module.embed(given.views[0]).detach(), keys, module.queue.keys, 0.3, negatives=negatives, alpha=2.0, **masks
    )
    assert module(given).loss.item() == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("removed", [False, True])
def test_uel_and_its_one_sided_gradient(removed):
    module, given = build(UEL(temperature=0.3, push=0.7), Oracle() if removed else None).eval(), batch(6)
    same = (given.labels[:, None] == given.labels[None]).numpy() & ~torch.eye(6, dtype=torch.bool).numpy()
    first, other = embedded(module, given)
    value = second.uel(first, other, 0.3, 0.7, same if removed else None)
    assert module(given).loss.item() == pytest.approx(value, rel=1e-12)
    if not removed:
        raw = [torch.tensor(z, requires_grad=True) for z in (first, other)]
        module.compare(tuple(F.normalize(z, dim=1) for z in raw), given).backward()
        for found, expected in zip(raw, second.uel_gradient(first, other, 0.3, 0.7), strict=True):
            torch.testing.assert_close(found.grad, torch.tensor(expected), rtol=1e-6, atol=1e-9)


def test_supcon_is_scaled_attraction_of_the_class():
    module, given = build(SupCon(temperature=0.3, scale=0.3 / 0.07)).eval(), batch(7)
    value = second.supcon(*embedded(module, given), given.labels.tolist(), 0.3, 0.3 / 0.07)
    assert module(given).loss.item() == pytest.approx(value, rel=1e-12)


def test_a_rule_takes_no_member_of_the_class_from_supcon():
    given = batch(7)
    plain, ruled = (build(SupCon(), rule).eval()(given) for rule in (None, Oracle()))
    assert torch.equal(plain.loss, ruled.loss) and ruled.counts["removed"] > 0


def test_supcon_of_samples_all_of_different_classes_is_simclr():
    given = batch(5, labels=list(range(5)))
    assert build(SupCon()).eval()(given).loss.item() == pytest.approx(
        build(SimCLR()).eval()(given).loss.item(), rel=1e-12
    )


@pytest.mark.parametrize("negatives", [0, 2])
def test_byol(negatives):
    module, given = build(BYOL(head=SMALL, predictor=SMALL, alpha=0.4)).eval(), batch(5, negatives)
    for parameter in module.slow.parameters():
        parameter.data.mul_(1.1)
    extra = {"negatives_1": own_negatives(module.slow, given.negatives), "alpha": 0.4} if negatives else {}
    predicted = [module.predict(view).detach() for view in given.views]
    value = second.byol(*predicted, *(module.slow(view) for view in given.views), **extra)
    assert module(given).loss.item() == pytest.approx(value, rel=1e-12)


def test_byol_of_what_agrees_is_zero_and_of_what_is_opposite_eight():
    same = torch.eye(4, dtype=torch.float64)
    assert byol((same, same), (same, same)).item() == 0 and byol((same, same), (-same, -same)).item() == 8


def test_byol_compares_in_single_precision_whatever_the_encoder_computes_in():
    draw = torch.Generator().manual_seed(0)
    p, z, t = (F.normalize(torch.randn(s, generator=draw), dim=-1) for s in ((6, 8), (6, 8), (6, 2, 8)))
    with torch.autocast("cpu", torch.bfloat16):
        mixed = byol((p, p), (z, z), t, 0.5)
    assert torch.equal(mixed, byol((p, p), (z, z), t, 0.5))


def test_byols_copy_follows_ever_more_slowly():
    module, given = build(BYOL(head=SMALL, predictor=SMALL, momentum=0.9)), batch(4)
    outcome = module(given)
    with torch.no_grad():
        for parameter in (*module.encoder.parameters(), *module.head.parameters()):
            parameter.add_(1.0)
    before = next(iter(module.slow.parameters())).clone()
    for progress, moved in ((0.0, 0.1), (0.5, 0.1 + 0.9 * 0.05), (1.0, 0.1 + 0.9 * 0.05)):
        module.advance(outcome, given, progress)
        torch.testing.assert_close(next(iter(module.slow.parameters())), before + moved, rtol=1e-12, atol=1e-12)


def test_supervised_is_the_mean_cross_entropy_of_both_views():
    module, given = build(Supervised(classes=4)).eval(), batch(6)
    logits = torch.cat([module.head(module.encoder(view)) for view in given.views]).detach()
    value = second.cross_entropy(logits, given.labels.repeat(2).tolist())
    assert module(given).loss.item() == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("anchor", ["same", "other"])
@pytest.mark.parametrize("name", ["simclr", "plain", "uel"])
def test_claes_loss(name, anchor):
    knobs = {"simclr": SimCLR(temperature=0.3), "plain": Plain(temperature=0.3), "uel": UEL(temperature=0.3)}[name]
    base = {"simclr": second.nt_xent, "plain": second.plain, "uel": second.uel}[name]
    attack, given = CLAE(weight=0.6, anchor=anchor), batch(5)
    module = build(knobs, attack=attack).eval()
    found = attack(module, given)
    first, other = embedded(module, given)
    with select(module, "adversarial"):
        worse = module.embed(found.views[0]).detach().numpy()
    value = base(first, other, 0.3) + 0.6 * base(first if anchor == "same" else other, worse, 0.3)
    assert module(given, found).loss.item() == pytest.approx(value, rel=1e-12)
    if anchor == "same":
        assert value == pytest.approx(second.clae_total(first, other, worse, 0.3, 0.6, base), rel=1e-12)


@pytest.mark.parametrize("loss", [contrast, spread])
def test_gradients_with_attraction_are_those_of_finite_differences(loss):
    draw = torch.Generator().manual_seed(1)
    vectors = [
        F.normalize(torch.randn(s, dtype=torch.float64, generator=draw), dim=-1).requires_grad_()
        for s in ((3, 4), (6, 4), (3, 2, 4))
    ]
    ignore, attract = torch.zeros(2, 3, 6, dtype=torch.bool)
    ignore[0, 1] = ignore[2, 0] = attract[0, 2] = attract[1, 5] = True
    knobs = (0.3,) if loss is contrast else (0.3, 0.7)
    place = torch.tensor([0, 3, 4])
    torch.autograd.gradcheck(lambda a, c, e: loss(a, c, place, *knobs, ignore, e, 2.0, attract), vectors)


def test_what_is_ignored_cannot_attract():
    one, mask = F.normalize(torch.randn(3, 4), dim=1), torch.zeros(3, 3, dtype=torch.bool)
    mask[0, 1] = True
    with pytest.raises(ValueError, match="names an anchor's positive"):
        contrast(one, one, torch.arange(3), 0.2, ignore=mask, attract=mask)


@pytest.mark.parametrize("knobs", [Plain(), UEL(), SupCon(), BYOL(head=SMALL, predictor=SMALL), Supervised(classes=3)])
def test_a_step_moves_only_statistics_and_evaluation_nothing(knobs):
    module, given = build(knobs), batch(5, 2)
    kept = {name: b for name, b in buffers(module).items() if not name.startswith(("encoder.", "head.", "predictor."))}
    module(given).loss.backward()
    assert all(torch.equal(dict(module.named_buffers())[name], b) for name, b in kept.items())
    assert all(p.grad is not None for p in module.parameters() if p.requires_grad)
    before = buffers(module.eval())
    module(given)
    assert unchanged(module, before)


@pytest.mark.parametrize("knobs", [BYOL(), Supervised()])
def test_what_a_method_has_no_use_for_is_refused(knobs):
    name = type(knobs).__name__
    with pytest.raises(ValueError, match=f"Threshold looks for false negatives, and {name} has no negatives; choose"):
        check_parts(knobs, Stillness(), Threshold(), NoNegatives())
    with pytest.raises(
        ValueError, match=f"CLAE moves views towards negatives, and {name} has none; choose attack:none"
    ):
        check_parts(knobs, CLAE(), KeepAll(), NoNegatives())
    check_parts(knobs, Stillness(), KeepAll(), NoNegatives())


def test_supervised_uses_no_patches_and_needs_labels():
    with pytest.raises(ValueError, match="Patches makes negatives of each sample, and Supervised does not use them"):
        check_parts(Supervised(), Stillness(), KeepAll(), Patches())
    check_parts(BYOL(), Stillness(), KeepAll(), Patches())
    given = batch(4)
    object.__setattr__(given, "labels", None)
    for knobs in (Supervised(), SupCon()):
        with pytest.raises(Refusal, match="needs labels"):
            build(knobs)(given)
