"""antipodal's own loader, up to uint8 crops: of pictures, or of clips."""

from pathlib import Path

import torch
from turns import take_turns

from pipelines import decoders
from pipelines.clock import Clock
from pipelines.frames import Clip
from pipelines.loader import Loader
from pipelines.place import Place
from shards.several import open_shards


def prepare(task: dict):
    loader = Loader(
        Path(task["shards"]), batch=task["batch"], side=task["side"], clip=Clip(**task.get("clip", {})),
        decoder=getattr(decoders, task["decoder"])(),
    )  # fmt: skip
    shards = open_shards(loader.shards)
    decoded = loader.decoded(shards, Place(threads=task["threads"]), 0, 0, Clock(), views=task["views"])
    batches = task["passes"] * len(shards) // task["batch"]

    def work(add_up: bool) -> tuple[int, int]:
        total = 0
        for _ in range(batches):
            views = next(decoded).pixels.views
            total += int(views.sum(dtype=torch.int64)) if add_up else 0
        return batches * task["batch"] * task["per sample"], total

    return work


if __name__ == "__main__":  # a process that checks samples imports this file too
    take_turns(prepare, "torch")
