"""DeACL's loss in plain loops, and its teacher: frozen, part of the checkpoint, and not missed by evaluation."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from accelerate import Accelerator

from shards.refusal import Refusal
from tests.training.batches import batch, buffers, unchanged
from training.attacks import PGD
from training.checkpoints import load_checkpoint, save_checkpoint
from training.encoders import NarrowResNet
from training.methods import DeACL
from training.methods.method import Adversarial
from training.optimizers import SGD
from training.recipes import DEFAULT, RECIPES
from training.run import save_run
from training.step import begin
from training.trained import give_teacher, trained

WEIGHT = 1.6
SIMCLR = replace(RECIPES[DEFAULT], network=NarrowResNet(width=4, zero_init=False), precision="no")


@pytest.fixture
def teacher(tmp_path):
    """The folder of a run of SimCLR."""
    return finished(tmp_path / "teacher", seed=3)


def finished(folder, seed, step=9):
    run = replace(SIMCLR, seed=seed, out=folder)
    save_run(run)
    method = run.build(0)
    save_checkpoint(folder / "checkpoints", step, method, SGD().build(method), {})
    return folder


def student(folder, **changes):
    method, out = DeACL(teacher=folder, weight=WEIGHT), folder.parent / "student"
    return replace(SIMCLR, method=method, attack=PGD(steps=2), out=out, **changes)


def given(seed=0):
    plain = batch(5, seed=seed)
    views = tuple(view.float() for view in plain.views[:1])
    return replace(plain, views=views, negatives=plain.negatives.float(), epochs=torch.zeros(5, dtype=torch.long))


def cosines(one, other):
    """Of each pair of rows, by loops over floats."""
    found = []
    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        dot = sum(x * y for x, y in zip(a, b, strict=True))
        found.append(dot / np.sqrt(sum(x * x for x in a)) / np.sqrt(sum(y * y for y in b)))
    return np.array(found)


def test_the_loss_and_what_the_attack_climbs(teacher):
    module = student(teacher).build(0)
    give_teacher(module)
    module, one = module.double(), replace(given(), views=batch(5).views[:1])
    view, worse = one.views[0], torch.rand_like(one.views[0])
    wanted = trained(replace(SIMCLR, out=teacher))[0].double().eval()(view)
    clean, moved = module.encoder(torch.cat([view, worse])).chunk(2)  # one forward pass, in training mode
    value = (-cosines(clean, wanted) - WEIGHT * cosines(moved, clean)).mean()
    loss = module(one, Adversarial((worse,))).loss
    assert loss.item() == pytest.approx(value, rel=1e-12)
    near = F.cosine_similarity(clean, wanted).mean() + WEIGHT * F.cosine_similarity(moved, clean).mean()
    learned = list(module.encoder.parameters())
    slopes = zip(torch.autograd.grad(-near, learned), torch.autograd.grad(loss, learned), strict=True)
    for expected, found in slopes:  # through both sides of the second term
        torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-12)
    module.eval()
    views, loss = module.objective(one, 0.0)
    assert len(views) == 1 and torch.equal(views[0], view)
    assert loss((worse,)).item() == pytest.approx(-cosines(module.encoder(worse), wanted).mean(), rel=1e-12)


def test_the_teacher_stays_as_it_is(teacher):
    method, optimizer, take_step = begin(student(teacher), Accelerator(cpu=True), 5)
    before = {name: tensor.clone() for name, tensor in method.teacher.state_dict().items()}
    encoder = [p.clone() for p in method.encoder.parameters()]
    method.train()
    for step in range(2):
        take_step(given(step), step)
    assert not any(part.training for part in method.teacher.modules()) and method.encoder.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in method.teacher.state_dict().items())
    assert not all(map(torch.equal, method.encoder.parameters(), encoder))
    learned = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert learned == {id(p) for p in method.encoder.parameters()}


def test_the_attack_leaves_no_trace_and_both_kinds_of_clips_share_one_pass(teacher):
    method = begin(student(teacher), Accelerator(cpu=True), 5).method
    before, one = buffers(method), given()
    worse = PGD(steps=2)(method, one)
    assert unchanged(method, before) and len(worse.views) == 1
    method(one, worse)
    counts = [n for name, n in method.encoder.named_buffers() if name.endswith("num_batches_tracked")]
    assert counts and all(int(n) == 1 for n in counts)


def test_evaluation_needs_no_teacher_and_a_resumed_run_keeps_the_one_it_had(teacher):
    run = student(teacher)
    save_run(run)
    method, optimizer, take_step = begin(run, Accelerator(cpu=True), 5)
    take_step(given(), 0)
    checkpoint = save_checkpoint(run.out / "checkpoints", 1, method, optimizer, {})
    finished(teacher, seed=4, step=10)  # the teacher's run went on
    resumed, again, _ = begin(run, Accelerator(cpu=True), 5)
    first = next(iter(method.teacher.parameters()))
    assert not torch.equal(next(iter(resumed.teacher.parameters())), first)
    load_checkpoint(checkpoint, resumed, again)
    assert torch.equal(next(iter(resumed.teacher.parameters())), first)
    shutil.rmtree(teacher)
    encoder, step = trained(run)
    assert step == 1
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, method.encoder.state_dict()[name]), name


def test_a_teacher_that_is_not_there_or_does_not_fit_is_refused(teacher, tmp_path):
    with pytest.raises(
        Refusal, match="features of the teacher .* are 32 long, .* network 64; choose a network as wide"
    ):
        begin(student(teacher, network=NarrowResNet(width=8)), Accelerator(cpu=True), 5)
    with pytest.raises(Refusal, match="deacl learns from .* --method.teacher RUN: .*/absent holds no run.json"):
        begin(student(tmp_path / "absent"), Accelerator(cpu=True), 5)
    shutil.rmtree(teacher / "checkpoints")
    with pytest.raises(Refusal, match="holds no intact checkpoint"):
        begin(student(teacher), Accelerator(cpu=True), 5)
