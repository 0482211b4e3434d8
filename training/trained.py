"""Encoders of runs, finished ones and those before their first step: what is measured, and what others learn from."""

from torch import nn

from shards.refusal import Refusal
from training.batch_norms import export
from training.checkpoints import load_checkpoint, newest_checkpoint
from training.encoders import Encoder
from training.methods.deacl import DeACLModule
from training.methods.method import MethodModule
from training.run import Pretrain, load_run


def untrained(run: Pretrain) -> nn.Module:
    """The encoder with the very weights that the run began with."""
    return export(run.build(0).encoder, run.method.measured_branch)


def trained(run: Pretrain) -> tuple[Encoder, int]:
    """The encoder of the newest checkpoint, or its averaged copy where there is one, and its step."""
    encoder, step = learned(run)
    export(encoder, run.method.measured_branch)
    return encoder, step


def learned(run: Pretrain) -> tuple[Encoder, int]:
    """The same with all batch norms that it has, those for attacked views too.

    Raises: ``Refusal`` if there is no intact checkpoint.
    """
    checkpoint = newest_checkpoint(run.out / "checkpoints")
    if checkpoint is None:
        raise Refusal(f"{run.out} holds no intact checkpoint; train first: accelerate launch training/pretrain.py …")
    method = run.build(0)
    step = load_checkpoint(checkpoint, method, only="encoder." if method.average is None else "average.")
    return method.measured, step


def give_teacher(method: MethodModule) -> None:
    """Give a method that learns from a finished run that run's encoder; others need none.

    Apart from ``build``, so that a run can be measured when its teacher is gone.
    Raises: ``Refusal`` if the folder holds no run to learn from, or one whose features are of another length.
    """
    if not isinstance(method, DeACLModule):
        return
    try:
        teacher, _ = trained(load_run(method.knobs.teacher))
    except Refusal as error:
        raise Refusal(f"deacl learns from a finished run, --method.teacher RUN: {error}") from error
    method.learn_from(teacher)
