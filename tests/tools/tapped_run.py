"""Train as training/pretrain.py does, and keep every batch that the loop took: ``tapped_run.py FILE RECIPE …``."""

import sys
from dataclasses import dataclass, fields, replace
from typing import ClassVar

from safetensors.torch import save_file

from pipelines.batch import Batch
from pipelines.loader import Loader
from training.loop import pretrain
from training.pretrain import parse


@dataclass(frozen=True)
class Tapped(Loader):
    """A loader that keeps what was taken from it."""

    taken: ClassVar[list[Batch]] = []

    def open(self, *given, **named):
        for batch in super().open(*given, **named):
            self.taken.append(batch)
            yield batch


if __name__ == "__main__":  # the child that checks samples imports this file too
    run = parse(sys.argv[2:])
    pretrain(
        replace(run, loader=Tapped(**{field.name: getattr(run.loader, field.name) for field in fields(run.loader)}))
    )
    tensors = {}
    for step, batch in enumerate(Tapped.taken):
        views = {f"views.{number}": view for number, view in enumerate(batch.views)}
        views |= {f"support.{number}": view for number, view in enumerate(batch.support)}
        for name, tensor in {**views, "negatives": batch.negatives, "ids": batch.ids, "labels": batch.labels}.items():
            tensors[f"{step}.{name}"] = tensor.contiguous()
    save_file(tensors, sys.argv[1])
