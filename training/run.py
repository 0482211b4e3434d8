"""A run as a value: everything that decides its result, and where it lies."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from pipelines.loader import Loader
from training.encoders import NarrowResNet, Network
from training.methods import Method, SimCLR
from training.optimizers import SGD
from training.probes.online import OnlineKNN


@dataclass(frozen=True)
class Pretrain:
    """One pretraining run."""

    loader: Loader
    network: Network = field(default_factory=NarrowResNet)
    method: Method = field(default_factory=SimCLR)
    optimizer: SGD = field(default_factory=SGD)
    steps: int = 1000
    """Optimizer steps; the learning rate falls to zero over them."""
    seed: int = 0
    """Of the initial weights, the order, and every draw."""
    precision: Literal["no", "bf16"] = "no"
    """"bf16" computes the encoder in bfloat16 by autocast; losses stay in single precision."""
    probe: OnlineKNN = field(default_factory=OnlineKNN)
    out: Path = Path("runs/unnamed")
    """The run's folder: configuration, metrics, checkpoints."""
    log_every: int = 10
    """Steps between two lines of metrics."""
    checkpoint_every: int = 200
    """Steps between two checkpoints."""
    floor_steps: int = 5
    """Steps timed on one cached batch before the run, to know the rate that no loader could exceed; 0 leaves it out."""
    resume: bool = False
    """Go on from the newest checkpoint in the run's folder."""
    allow_decoder_change: bool = False
    """Resume although the decoder is another one: ids and draws stay the same, pixels change slightly."""

    def __post_init__(self) -> None:
        for name in ("steps", "log_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")


# what may differ between a run and its resumption
FREE = ("out", "log_every", "checkpoint_every", "floor_steps", "resume", "allow_decoder_change", "probe")


def identity(run: Pretrain) -> dict:
    """What decides the run's weights, as plain JSON values. The shards' place is free: their fingerprint counts."""
    values = {"type " + name: type(value).__name__ for name, value in vars(run).items()}
    values |= {"type loader." + name: type(value).__name__ for name, value in vars(run.loader).items()}
    values |= {name: value for name, value in asdict(run).items() if name not in FREE}
    values["loader"].pop("shards")
    return json.loads(json.dumps(values, default=str))
