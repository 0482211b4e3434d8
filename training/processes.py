"""The processes of a run: opened through Accelerate, checked against the launcher, threads shared out."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from pipelines.loader import Place
from shards.refusal import Refusal
from training.false_negatives.rule import Memory
from training.methods.queue_of_keys import Queue


def open_accelerator(precision: str, trackers: list, folder: str, patience: timedelta | None = None) -> Accelerator:
    """An ``Accelerator`` for this run, whose processes wait for each other for their ``patience``.

    Raises: ``Refusal`` if the launcher asks for what the recipe contradicts or what this trainer does not do.
    """
    asked = os.environ.get("ACCELERATE_MIXED_PRECISION", "no")  # "no" is also what the launcher sets unasked
    if asked not in ("no", precision):
        raise Refusal(
            f"the launcher asks for precision {asked}, the recipe for {precision}; leave --mixed_precision out of "
            "accelerate launch and choose by the recipe's --precision no or bf16"
        )
    for name in ("FSDP", "DEEPSPEED", "MEGATRON_LM"):
        if os.environ.get(f"ACCELERATE_USE_{name}", "false").lower() in ("true", "1"):
            raise Refusal(f"the launcher asks for {name}, this trainer uses plain data parallelism; leave it out")
    accelerator = Accelerator(
        cpu=not torch.cuda.is_available(), mixed_precision=precision, log_with=trackers or None, project_dir=folder,
        kwargs_handlers=[InitProcessGroupKwargs(timeout=patience)] if patience else None,
    )  # fmt: skip
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if accelerator.num_processes != world:
        raise Refusal(
            f"the launcher started {world} processes, Accelerate joined {accelerator.num_processes}; "
            "start two on a CPU with: "
            "ACCELERATE_USE_CPU=true accelerate launch --multi_gpu --num_processes 2 --main_process_port 0 …"
        )
    return accelerator


def settle(accelerator: Accelerator) -> Place:
    """Give this process its share of the usable cores (launchers set one) and let it keep memory; say where it is."""
    keep_memory()
    local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    threads = max(len(os.sched_getaffinity(0)) // local, 1)
    torch.set_num_threads(threads)
    return Place(accelerator.process_index, accelerator.num_processes, accelerator.device, threads)


@contextmanager
def all_cores() -> Iterator[None]:
    """Compute with all usable cores while the other processes of this machine wait.

    What is rounded in the order of threads then is the same, however many processes there are.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(max(len(os.sched_getaffinity(0)), threads))
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def settle_together() -> tuple[Accelerator, Place]:
    """Where a process of a measurement is; GPUs compute in full single precision from now on.

    Raises: ``Refusal`` as ``open_accelerator`` does.
    """
    torch.backends.cudnn.allow_tf32 = False  # attacks need small differences
    torch.backends.cudnn.deterministic = True  # and the same chunk the same answer
    accelerator = open_accelerator("no", [], "", patience=timedelta(days=7))  # while the first computes what is its own
    return accelerator, settle(accelerator)


def settle_alone(command: str) -> tuple[Accelerator, Place]:
    """The same for what takes one process.

    Raises: ``Refusal`` if there are several, with the ``command`` that starts one.
    """
    accelerator, place = settle_together()
    if place.world > 1:
        raise Refusal(f"this takes one process; start it by: python {command}")
    return accelerator, place


def kept_alike(method: nn.Module) -> None:
    """Have DDP leave alone queues and what rules remember: all know them, and they would be sent before each step."""
    places = {place: part for place, part in method.named_modules() if isinstance(part, Memory | Queue)}
    names = [f"{place}.{name}" for place, part in places.items() for name in part.state_dict()]
    DistributedDataParallel._set_params_and_buffers_to_ignore_for_model(method, names)


def keep_memory() -> None:
    """Tell glibc to reuse large blocks rather than return them to the kernel after each operation.

    Else every step pays for the kernel to clear the same pages again: measured at more than half of a CPU run's time.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(-4, 0)  # M_MMAP_MAX: no block comes straight from the kernel
        libc.mallopt(-1, -1)  # M_TRIM_THRESHOLD: none goes back
        libc.mallopt(-8, 1)  # M_ARENA_MAX: the loader's thread has no arena of its own, which would not heed the others
