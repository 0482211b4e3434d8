"""antipodal's loader, up to a training step; or, with one batch kept, the step alone."""

from pathlib import Path

from steps import open_step
from turns import take_turns

from pipelines import decoders
from pipelines.frames import Clip
from pipelines.loader import Loader
from pipelines.place import Place


def prepare(task: dict):
    step = open_step(task)
    loader = Loader(
        Path(task["shards"]), batch=task["batch"], side=task["side"], clip=Clip(**task["clip"]),
        decoder=getattr(decoders, task["decoder"])(),
    )  # fmt: skip
    batches = loader.open(Place(threads=task["threads"]), 0)
    count = task["passes"] * len(task["files"]) // task["batch"]
    kept = next(batches) if task["without data"] else None
    if kept:
        batches.close()

    def work(add_up: bool) -> tuple[int, int]:
        for _ in range(count):
            step(kept or next(batches))
        return count * task["batch"] * 2, 0

    return work


if __name__ == "__main__":  # a process that checks samples imports this file too
    take_turns(prepare, "torch", "kornia")
