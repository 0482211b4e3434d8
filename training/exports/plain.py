"""A run's encoder in the very modules that the network's library makes, with its keys."""

import torch
from torch import nn

from training.encoders import Encoder
from training.modes import evaluating
from training.run import Pretrain
from training.trained import trained

CLIPS = 2  # by which a plain encoder is compared with the run's


def plain(run: Pretrain) -> tuple[Encoder, int]:
    """What ``trained`` gives, with batch norms that need no other processes, and its step.

    Raises: ``Refusal`` as ``trained`` does.
    """
    encoder, step = trained(run)
    if run.norm != "synchronised":
        return encoder, step
    other = run.normalise(run.network.build())
    # a batch norm that holds an activation has other names around it when it is synchronised; the order is the same
    names, tensors = other.network.state_dict(), encoder.network.state_dict().values()
    other.network.load_state_dict(dict(zip(names, tensors, strict=True)))
    return other, step


def clips_for(run: Pretrain) -> torch.Tensor:
    """Some noise, ``b t c h w``, of the run's size: what exports are checked by."""
    loader = run.loader
    shape = CLIPS, loader.clip.length, 3, loader.side, loader.side
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


def features(encoder: nn.Module, clips: torch.Tensor) -> torch.Tensor:
    """In evaluation mode, without gradient."""
    with evaluating(encoder), torch.no_grad():
        return encoder(clips)
