"""Train as training/pretrain.py does, and keep what probes were given: ``witnessed_run.py FILE RECIPE …``."""

import sys
from dataclasses import asdict, dataclass, replace
from typing import ClassVar

from safetensors.torch import save_file
from torch import Tensor

from training.loop import pretrain
from training.pretrain import parse
from training.probes.online import OnlineKNN


@dataclass(frozen=True)
class Witness(OnlineKNN):
    """A probe that keeps what it sees."""

    seen: ClassVar[list[dict[str, Tensor]]] = []

    def __call__(self, encoder, *given):
        self.seen.append({name: tensor.clone().contiguous() for name, tensor in encoder.state_dict().items()})
        return super().__call__(encoder, *given)


if __name__ == "__main__":  # the child that checks samples imports this file too
    run = parse(sys.argv[2:])
    pretrain(replace(run, probe=Witness(**asdict(run.probe))))
    for number, tensors in enumerate(Witness.seen):
        save_file(tensors, f"{sys.argv[1]}-{number}")
