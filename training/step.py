"""One optimizer step on one batch: what the loop repeats, and what benchmarks time."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from accelerate import Accelerator
from torch import nn

from pipelines.batch import Batch
from training.compiled import compile_networks
from training.methods.method import MethodModule, Outcome
from training.processes import kept_alike
from training.run import Pretrain
from training.trained import give_teacher

TakeStep = Callable[[Batch, int], Outcome]


class Begun(NamedTuple):
    """A run before its first step."""

    method: MethodModule
    optimizer: torch.optim.Optimizer
    """Without Accelerate's wrapper."""
    take_step: TakeStep
    """Takes a batch and how many steps came before."""


def begin(run: Pretrain, accelerator: Accelerator, samples: int) -> Begun:
    """Build method and optimizer for a data set of so many samples, and make them ready for the processes there are.

    Raises: ``Refusal`` if the method shall learn from a run that is not there or does not fit.
    """
    method = run.build(samples)
    give_teacher(method)
    kept_alike(method)
    if run.compile:
        compile_networks(method)
    wrapped, optimizer = accelerator.prepare(method, run.optimizer.build(method))
    return Begun(method, optimizer.optimizer, _stepper(run, accelerator, method, wrapped, optimizer))


def _stepper(
    run: Pretrain, accelerator: Accelerator, method: MethodModule, wrapped: nn.Module, optimizer: torch.optim.Optimizer
) -> TakeStep:
    """An attack on the bare method, one wrapped forward, one backward; then what the method keeps moves on."""

    def take_step(batch: Batch, step: int) -> Outcome:
        progress = step / run.steps
        for group in optimizer.param_groups:
            group["lr"] = run.optimizer.rate_at(step, run.steps)
        with accelerator.autocast():
            adversarial = run.attack(method, batch, progress)
        outcome: Outcome = wrapped(batch, adversarial, progress)
        accelerator.backward(outcome.loss)
        optimizer.step()
        optimizer.zero_grad()
        method.advance(outcome, batch, progress)
        method.follow()
        return outcome._replace(loss=outcome.loss.detach())

    return take_step
