"""torch.compile of encoders' networks, or one sentence that says why not."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch._dynamo.exc import TorchDynamoException

from training.encoders import Encoder
from training.gather import world
from training.synchronised import SyncedBatchNorm

VARIANTS = 32  # of one network: branch, mode, frozen or not, gradient or not, autocast, and twice as many for sizes


def compile_networks(method: nn.Module) -> None:
    """Have every encoder's network compiled at its first use, in place; the names of its tensors stay.

    Where that fails, or cannot be, all stay as they are, and a line says why.
    """
    networks = [part.network for part in method.modules() if isinstance(part, Encoder)]
    if world() > 1 and any(isinstance(part, SyncedBatchNorm) for part in method.modules()):
        return _leave_out("the synchronised norm speaks to other processes within the network; choose another --norm")
    torch._dynamo.config.recompile_limit = VARIANTS  # torch's 8 would send the rest to be interpreted, silently
    # the first graph that fits, rather than the last used: else a chunk that is computed again may meet another one
    # than at its first time, which saves other tensors (torch's own advice where checkpoints fail on this)
    torch._C._dynamo.eval_frame._set_lru_cache(False)  # pyright: ignore[reportAttributeAccessIssue]
    for network in networks:
        network._compiled_call_impl = _or_plain(networks, network)  # where nn.Module.compile puts it


def _or_plain(networks: list[nn.Module], network: nn.Module) -> Callable[..., Any]:
    compiled = torch.compile(network._call_impl)

    def call(*given: Any) -> Any:
        try:
            return compiled(*given)
        except TorchDynamoException as error:
            for each in networks:
                each._compiled_call_impl = None
            _leave_out(f"{type(error).__name__}, {str(error).strip().partition(chr(10))[0]}")
            return network(*given)  # should the mistake be the network's own, this raises it

    return call


def _leave_out(reason: str) -> None:
    print(f"compile left out: {reason}", flush=True)
