"""PGD on the methods that are made of it: it climbs, and nothing but its views is another afterwards."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from pipelines.batch import Batch
from pipelines.negatives import NoNegatives
from tests.training.batches import batch, build
from training.attacks import CLAE, PGD, Stillness
from training.batch_norms import frozen_statistics
from training.encoders import NarrowResNet, NarrowResNet3D
from training.false_negatives import KeepAll, Oracle
from training.fit import check_parts
from training.heads import Head
from training.methods import ACL, BYOL, RoCL, SimCLR
from training.modes import evaluating

SMALL = Head(hidden=8, out=8)
METHODS = {"rocl": RoCL(head=SMALL)} | {p: ACL(pairs=p, head=replace(SMALL, layers=3)) for p in ("ds", "a2s", "a2a")}
MOVED = {"rocl": 1, "a2s": 1, "ds": 2, "a2a": 2}
KINDS = {"images": (NarrowResNet(width=4, zero_init=False), 1), "clips": (NarrowResNet3D(width=4), 4)}


def trained(name, attack, rule=None, kind="images"):
    """After a step whose gradients lie there, with a part in evaluation mode, as a frozen layer is."""
    network, frames = KINDS[kind]
    module, given = build(METHODS[name], rule, attack, network), batch(5, 1, seed=1, frames=frames)
    module(given, attack(module, given)).loss.backward()
    next(part for part in module.modules() if isinstance(part, nn.ReLU)).eval()
    return module, batch(5, seed=2, frames=frames)


def state(module):
    """Every bit of a method: parameters, gradients, statistics, modes, branches and what tracks."""
    tensors = {n: t.clone() for n, t in module.state_dict().items()}
    tensors |= {f"slope of {n}": p.grad.clone() for n, p in module.named_parameters() if p.grad is not None}
    flags = {
        n: (m.training, getattr(m, "chosen", None), getattr(m, "track_running_stats", None))
        for n, m in module.named_modules()
    }
    return tensors, flags


@pytest.mark.parametrize("statistics", ["running", "batch"])
@pytest.mark.parametrize("name", METHODS)
def test_it_climbs_and_leaves_no_trace(name, statistics):
    attack = PGD(radius=0.03, stride=0.0004, statistics=statistics, start="clean")
    module, given = trained(name, attack, Oracle(in_attack=True))
    tensors, flags = state(module)
    found = [replace(attack, steps=steps)(module, given).views for steps in range(5)]
    after, modes = state(module)
    assert flags == modes and after.keys() == tensors.keys() and any("slope" in name for name in tensors)
    assert all(torch.equal(tensor, after[name]) for name, tensor in tensors.items())
    assert not any(view.requires_grad for views in found for view in views)
    mode = evaluating if statistics == "running" else frozen_statistics
    with mode(module), torch.no_grad():
        clean, loss = module.objective(given, 1.0)
        heights = [loss(views).item() for views in found]
    assert heights == sorted(heights) and heights[0] < heights[-1] and len(clean) == len(found[0]) == MOVED[name]


def test_the_two_kinds_of_statistics_are_two_attacks():
    module, given = trained("rocl", PGD())
    running, by_batch = (PGD(statistics=kind)(module, given).views[0] for kind in ("running", "batch"))
    assert not torch.equal(running, by_batch)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("name", ["rocl", "ds"])
def test_starts(name, norm):
    attack = PGD(radius=0.1, steps=0, norm=norm)
    module, given = trained(name, attack)
    still = replace(attack, start="clean")(module, given).views
    assert all(map(torch.equal, still, given.views)) and len(still) == MOVED[name]
    changes = [found - view for found, view in zip(attack(module, given).views, given.views, strict=False)]
    for change in changes:
        inner = (given.views[0] > 0.1).logical_and(given.views[0] < 0.9)
        if norm == "linf":
            assert 0.09 < change[inner].abs().max() <= 0.1 + 1e-15
        else:  # on the ball's surface, but for what true pixels cut off
            reached = change.flatten(1).norm(dim=1)
            assert (reached <= 0.1 + 1e-12).all() and (reached > 0.09).all()
    if len(changes) == 2:
        assert not torch.allclose(*changes)


def test_what_a_sample_starts_from_does_not_depend_on_its_batch():
    attack = PGD(steps=0)
    module, given = trained("ds", attack)
    order = torch.tensor([3, 1])
    part = Batch(
        tuple(v[order] for v in given.views), given.negatives[order], given.ids[order], None,
        epochs=given.epochs[order], seed=given.seed,
    )  # fmt: skip
    whole, some = attack(module, given).views, attack(module, part).views
    assert all(torch.equal(view[order], few) for view, few in zip(whole, some, strict=True))
    later = attack(module, replace(given, epochs=given.epochs + 1)).views
    assert not torch.equal(later[0], whole[0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", METHODS)
def test_methods_learn_from_images_and_clips(name, kind):
    attack = PGD(steps=2)
    module, given = trained(name, attack, kind=kind)
    found = attack(module, given)
    outcome = module(given, found)
    assert outcome.loss.isfinite() and outcome.keys.shape == (5, 8) and outcome.counts["stranded"] == 0
    assert all(p.grad is not None and p.grad.isfinite().all() for p in module.parameters())
    for moved, view in zip(found.views, given.views, strict=False):
        assert moved.shape == view.shape and 0 < (moved - view).abs().max() <= 8 / 255 + 1e-15


@pytest.mark.parametrize("method", [RoCL(), ACL()])
def test_methods_that_are_made_of_an_attack_want_it(method):
    name = type(method).__name__
    for attack in (Stillness(), CLAE()):
        with pytest.raises(ValueError, match=f"{name} is made of an attack .* {type(attack).__name__} is none; add"):
            check_parts(method, attack, KeepAll(), NoNegatives())
    check_parts(method, PGD(), Oracle(), NoNegatives())


@pytest.mark.parametrize("method", [SimCLR(), BYOL()])
def test_other_methods_name_no_views(method):
    with pytest.raises(ValueError, match=f"PGD moves the views that a method names, and {type(method).__name__} names"):
        check_parts(method, PGD(), KeepAll(), NoNegatives())


@pytest.mark.parametrize(
    ("kind", "knobs", "words"),
    [
        (PGD, {"radius": 0.0}, "need radius > 0, stride > 0 and steps >= 0"),
        (PGD, {"stride": -0.1}, "need radius > 0, stride > 0 and steps >= 0"),
        (PGD, {"steps": -1}, "need radius > 0, stride > 0 and steps >= 0"),
        (RoCL, {"divisor": 0.0}, "divisor must be above 0, got 0.0"),
        (RoCL, {"temperature": 0.0}, "temperature must be above 0, got 0.0"),
        (ACL, {"temperature": -1.0}, "temperature must be above 0, got -1.0"),
    ],
)
def test_nonsense_is_refused(kind, knobs, words):
    with pytest.raises(ValueError, match=words):
        kind(**knobs)
