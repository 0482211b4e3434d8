"""Start noise of attacks: keyed as every draw is, and made on the device that needs it.

Philox4x32-10 of shards/keyed.py once more, in torch: millions of numbers a step would take their time to come from
numpy to a GPU. A test holds the two to the same bits.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from pipelines.batch import Batch
from shards.keyed import LOW, MULTIPLIERS, WEYL, purpose_key

WORD, LEFT, RIGHT = int(LOW), int(MULTIPLIERS[0]), int(MULTIPLIERS[1])
HALF = 2**16 - 1


def noise(batch: Batch, view: int) -> Float[Tensor, "b t c h w"]:
    """Uniform in -1 … 1, in steps of 2**-15: a pure function of (seed, epoch, sample, view), whatever the device."""
    assert batch.epochs is not None, "a loader's batches say when their samples were drawn"
    like = batch.views[0]
    count = math.prod(like.shape[1:])
    block = torch.arange(-(-count // 8), device=like.device)  # four words make eight numbers
    counter = batch.ids[:, None], batch.epochs[:, None], torch.full_like(block, view), block
    words = torch.stack(philox(counter, (batch.seed, purpose_key("attack"))), dim=-1)
    halves = torch.stack([words >> 16, words & HALF], dim=-1).flatten(1)[:, :count]
    return ((halves.to(like.dtype) + 0.5) / 2**15 - 1).view(like.shape)


def philox(counter: tuple[Int[Tensor, "..."], ...], key: tuple[int, int]) -> tuple[Int[Tensor, "..."], ...]:
    """Four 32-bit words, held in int64, for every counter; its four words broadcast against each other."""
    a, b, c, d = counter
    first, second = key
    for _ in range(10):
        # a product of two words may overflow into the sign: its 64 bits are right, and so are both of its halves
        left, right = LEFT * a, RIGHT * c
        a, b, c, d = ((right >> 32) & WORD) ^ b ^ first, right & WORD, ((left >> 32) & WORD) ^ d ^ second, left & WORD
        first, second = (first + int(WEYL[0])) & WORD, (second + int(WEYL[1])) & WORD
    return a, b, c, d
