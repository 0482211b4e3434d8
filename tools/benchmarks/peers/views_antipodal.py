"""antipodal's own loader, up to complete views."""

from pathlib import Path

import torch
from turns import take_turns

from pipelines.loader import Loader
from pipelines.place import Place
from pipelines.views import SimCLRViews


def prepare(task: dict):
    torch.set_num_threads(task["threads"])
    views = SimCLRViews(**task["views by"])
    loader = Loader(Path(task["shards"]), batch=task["batch"], side=task["side"], views=views)
    batches = loader.open(Place(threads=task["threads"]), 0)
    count = task["passes"] * len(task["files"]) // task["batch"]
    return lambda add_up: (sum(len(next(batches).ids) for _ in range(count)), 0)


if __name__ == "__main__":  # a process that checks samples imports this file too
    take_turns(prepare, "kornia", "torch")
