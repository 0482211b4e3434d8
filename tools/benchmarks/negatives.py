"""What it takes to make negatives of views on the CPU: the loader's work, and no part of a step."""

import statistics
import time
from typing import Any

import numpy as np
from torch import Tensor

from pipelines.draws import Draws
from pipelines.negatives import Negatives
from shards.refusal import Refusal
from tools.benchmarks.contenders import members


def draws_of(count: int) -> Draws:
    """Of the first samples in the first epoch."""
    return Draws(0, np.zeros(count, np.int64), np.arange(count), 0)


def makings(view: Tensor, rounds: int) -> dict[str, float | str]:
    """By kind the median of the CPU milliseconds for one batch of views, b t c h w, or why there is none."""
    kinds = {word: kind() for word, kind in members(Negatives).items() if word != "none"}
    return {word: _making(kind, view, rounds) for word, kind in kinds.items()}


def _making(kind: Any, view: Tensor, rounds: int) -> float | str:
    if kind.of_textures:
        return "decoded with the samples"
    draws, seconds = draws_of(len(view)), []
    try:
        for _ in range(rounds + 1):  # the first one warms up
            start = time.process_time()
            kind(view, draws)
            seconds.append(time.process_time() - start)
    except Refusal as error:
        return str(error)
    return 1e3 * statistics.median(seconds[1:])


def line(found: dict[str, float | str]) -> str:
    """All kinds in one line."""
    told = [f"{word} {value if isinstance(value, str) else f'{value:.1f}'}" for word, value in found.items()]
    return f"Negatives of it, made on the CPU, in ms: {', '.join(told)}"
