"""antipodal's own loader, up to uint8 crops."""

from dataclasses import dataclass
from pathlib import Path

import torch
from turns import take_turns

from pipelines import decoders
from pipelines.clock import Clock
from pipelines.loader import Loader
from pipelines.place import Place
from shards.several import open_shards


@dataclass(frozen=True)
class OneView(Loader):
    """The loader with one view of each sample rather than two."""

    def _draws(self, seed, epochs, samples):
        return super()._draws(seed, epochs, samples)[:1]


def prepare(task: dict):
    decoder = getattr(decoders, task["decoder"])()
    kind = Loader if task["views"] == 2 else OneView
    loader = kind(Path(task["shards"]), batch=task["batch"], side=task["side"], decoder=decoder)
    shards = open_shards(loader.shards)
    decoded = loader.decoded(shards, Place(threads=task["threads"]), 0, 0, Clock())

    def work(add_up: bool) -> tuple[int, int]:
        total = 0
        for _ in range(task["passes"] * len(shards) // task["batch"]):
            _, _, pixels, _ = next(decoded)
            total += int(pixels.views.sum(dtype=torch.int64)) if add_up else 0
        return task["passes"] * len(shards), total

    return work


take_turns(prepare, "torch")
