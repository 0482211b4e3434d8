"""Runs that look finished: a folder with a checkpoint of weights and statistics that no run begins with."""

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from training.checkpoints import save_checkpoint
from training.recipes import DEFAULT, RECIPES
from training.run import Pretrain, save_run

TRAINED = 7  # steps


def finished(folder: Path, network, side: int = 16, length: int = 1, **changes) -> Pretrain:
    """A run of 7 steps with this network."""
    recipe = RECIPES[DEFAULT]
    loader = replace(recipe.loader, side=side, clip=replace(recipe.loader.clip, length=length))
    run = replace(recipe, network=network, loader=loader, out=folder, **changes)
    method = run.build(0)
    stir(method)
    save_run(run)
    save_checkpoint(folder / "checkpoints", TRAINED, method, run.optimizer.build(method), {"shards": 64 * "a"})
    return run


@torch.no_grad()
def stir(module: nn.Module) -> None:
    """Move every weight and statistic a little: blocks that begin as the identity would hide what is in them."""
    generator = torch.Generator().manual_seed(5)
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            noise = torch.rand(tensor.shape, generator=generator)
            scale = 0.1 * float(tensor.std()) if tensor.dim() > 1 else 0.2
            tensor += scale * noise
            assert tensor.isfinite().all(), name
