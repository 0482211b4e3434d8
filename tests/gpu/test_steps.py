"""Steps of every method, attack and rule: on a GPU the loss is the CPU's, bfloat16 runs, and nothing waits."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pipelines.loader import Loader
from tools.benchmarks.contenders import contenders
from training.encoders import NarrowResNet
from training.processes import open_accelerator
from training.run import Pretrain
from training.step import begin

COUNT = 24
CLIPS = torch.rand(3, COUNT, 1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
NEGATIVES = CLIPS[0][:, None].flip(-1)
RUN = Pretrain(Loader(Path("none"), batch=COUNT, side=16), network=NarrowResNet(width=8, zero_init=False), steps=100)
EVERY = {each.name: each for each in contenders(RUN)}
WITHOUT_RULES = [name for name in EVERY if "false-negatives" not in name]
WAITING = ("random", "cluster", "advcl attack:pgd")  # the largest count; whether it is time to cluster; whether it was


@pytest.mark.parametrize("name", WITHOUT_RULES)
def test_the_loss_is_that_of_the_cpu(name, device, exact):
    contender = EVERY[name]
    method = contender.run.build(COUNT)
    there = contender.batch(CLIPS, NEGATIVES)
    adversarial = contender.run.attack(method, there, 0.0)
    known = method(there, adversarial, 0.0)
    begun = begin(contender.run, open_accelerator("no", [], ""), COUNT)
    found = begun.take_step(contender.batch(CLIPS.to(device), NEGATIVES.to(device)), 0)
    assert found.loss.is_cuda
    torch.testing.assert_close(found.loss.cpu(), known.loss.detach(), rtol=1e-3, atol=0)
    assert all(parameter.isfinite().all() for parameter in begun.method.parameters())


@pytest.mark.parametrize("name", EVERY)
def test_bfloat16_takes_steps(name, device):
    contender = EVERY[name]
    begun = begin(contender.run, open_accelerator("bf16", [], ""), COUNT)
    before = [parameter.clone() for parameter in begun.method.encoder.parameters()]
    for step in (0, 50, 99):
        outcome = begun.take_step(contender.batch(CLIPS.to(device), NEGATIVES.to(device)), step)
        assert outcome.loss.isfinite() and outcome.loss.dtype == torch.float32
    after = [*begun.method.encoder.parameters()]
    assert all(parameter.isfinite().all() for parameter in after)
    assert not all(torch.equal(new, old) for new, old in zip(after, before, strict=True))


@pytest.mark.parametrize("name", [name for name in EVERY if not name.endswith(WAITING)])
def test_a_step_asks_and_does_not_wait(name, device):
    contender = EVERY[name]
    begun = begin(contender.run, open_accelerator("bf16", [], ""), COUNT)
    batch = contender.batch(CLIPS.to(device), NEGATIVES.to(device))
    begun.take_step(batch, 0)  # the first one makes the optimizer's buffers
    torch.cuda.set_sync_debug_mode("error")
    try:
        begun.take_step(batch, 50)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_a_rule_finds_what_it_finds_on_the_cpu(device, exact):
    """The oracle: its pairs depend on labels, not on rounding."""
    contender = EVERY["simclr false-negatives:oracle"]
    there, here = (contender.batch(CLIPS.to(d), NEGATIVES.to(d)) for d in (torch.device("cpu"), device))
    known = replace(contender.run).build(COUNT)(there, None, 1.0).counts
    begun = begin(contender.run, open_accelerator("no", [], ""), COUNT)
    found = begun.take_step(here, RUN.steps).counts
    assert {name: int(count) for name, count in found.items()} == {name: int(count) for name, count in known.items()}
