"""Small random batches and methods in double precision."""

import torch

from pipelines.batch import Batch
from training.encoders import NarrowResNet


def batch(count: int, negatives: int = 0, seed: int = 0, ids=None, labels=None, frames: int = 1) -> Batch:
    draw = torch.Generator().manual_seed(seed)
    shape = frames, 3, 8, 8
    views = tuple(torch.rand(count, *shape, dtype=torch.float64, generator=draw) for _ in range(2))
    extra = torch.rand(count, negatives, *shape, dtype=torch.float64, generator=draw)
    numbers = torch.arange(count) if ids is None else torch.tensor(ids)
    classes = torch.arange(count) % 3 if labels is None else torch.tensor(labels)
    return Batch(views, extra, numbers, classes, epochs=torch.ones_like(numbers), seed=seed)


def build(method, rule=None, attack=None, network=None, samples=0):
    """A method's module in double precision and training mode, prepared for the attack."""
    torch.manual_seed(0)
    module = method.build((network or NarrowResNet(width=4, zero_init=False)).build(), rule, samples)
    if attack is not None:
        attack.prepare(module)
    return module.double()


def buffers(module) -> dict[str, torch.Tensor]:
    return {name: buffer.clone() for name, buffer in module.named_buffers()}


def unchanged(module, before: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(buffer, before[name]) for name, buffer in module.named_buffers())
