"""Views and patch negatives at full size, of random pixels that are there already, and where they wait for the GPU."""

import warnings
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pipelines.draws import Draws, draws_of
from pipelines.negatives import Patches
from pipelines.views import MoCoViews, SimCLRViews
from tools.benchmarks.timed import Job, Row, timed

PICTURES = 256, 1, 3, 224, 224
CLIPS = 32, 16, 3, 112, 112


def views(rounds: int) -> list[Job]:
    """Two views of each kind, one patch negative of each kind."""
    return [
        *(Job(f"{type(kind).__name__} two views of 256 at 224", partial(_two_views, kind, PICTURES, rounds))
          for kind in (SimCLRViews(), MoCoViews())),
        *(Job(f"patches {patches.kind}", partial(_patches, patches, rounds))
          for patches in (Patches(kind="crops"), Patches(kind="permutation"), Patches(kind="repeated"))),
        Job("two views of 32 clips of 16 at 112", partial(_two_views, MoCoViews(), CLIPS, rounds)),
        Job("waits in views and patches", _waits),
    ]  # fmt: skip


def _given(shape: tuple[int, ...]) -> tuple[Tensor, tuple[Draws, ...]]:
    """Random pixels, and the draws of both their views."""
    pixels = torch.randint(256, shape, dtype=torch.uint8, device="cuda")
    return pixels, tuple(draws_of(0, np.zeros(shape[0], np.int64), np.arange(shape[0])))


def _two_views(kind: SimCLRViews | MoCoViews, shape: tuple[int, ...], rounds: int) -> Row:
    pixels, draws = _given(shape)
    row, _ = timed(lambda: [kind(pixels, draw) for draw in draws], rounds, len(pixels))
    return row


def _patches(patches: Patches, rounds: int) -> Row:
    pixels, draws = _given(PICTURES)
    view = SimCLRViews()(pixels, draws[0])
    row, _ = timed(lambda: patches(view, draws[0]), rounds, len(view))
    return row


def _waits() -> Row:
    """By torch's own warnings: lines at which whoever asks waits until the GPU is done with all before."""
    pixels, draws = _given(PICTURES)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        seen.clear()  # it warns that it is a prototype
        try:
            Patches()(MoCoViews()(pixels, draws[0]), draws[0])
        finally:
            torch.cuda.set_sync_debug_mode("default")
    places = {f"{Path(each.filename).name}:{each.lineno}" for each in seen if "sync" in str(each.message)}
    return {"note": ", ".join(sorted(places)) or "none"}
