"""A run as a value: everything that decides its result, and where it lies."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import torch

from pipelines.clock import Clock
from pipelines.faults import Faults
from pipelines.loader import Loader, Place, Stream
from shards.files import write_atomically
from shards.refusal import Refusal
from training.attacks import Attack, Stillness
from training.average import Average
from training.encoders import NarrowResNet, Network, Normalise
from training.false_negatives import FalseNegatives, KeepAll
from training.fit import check_parts
from training.methods import Method, SimCLR
from training.methods.method import MethodModule
from training.norms import Norm, normalise_by
from training.optimizers import SGD, Optimizer
from training.probes.online import OnlineKNN
from training.values import describe, revive


@dataclass(frozen=True)
class Pretrain:
    """One pretraining run."""

    loader: Loader
    network: Network = field(default_factory=NarrowResNet)
    normalise: Normalise = field(default_factory=Normalise)
    method: Method = field(default_factory=SimCLR)
    attack: Attack = field(default_factory=Stillness)
    false_negatives: FalseNegatives = field(default_factory=KeepAll)
    norm: Norm = "batch"
    """What normalises, in the encoder and in the head. "batch": each process's own part of the batch, so that several
    processes are another run than one. "synchronised": the global batch, however many processes share it. "group": no
    batch at all, each sample for itself, in groups of 8 to 16 channels, or of all where none of these divides
    them; then an attack has no norms of its own."""
    chunk: int = 0
    """Clips that the encoder sees at once, 0 for all: batches that a device could not hold, for one more pass forward.
    Heads and losses get the whole batch. Norm "batch" then normalises each chunk by itself (ghost batch norm), and
    "synchronised" the same chunk of all processes; "group" computes what it would without chunks."""
    optimizer: Optimizer = field(default_factory=SGD)
    average: float = 0.0
    """Share of an averaged copy of the encoder that stays at each step, such as 0.999; 0 keeps none. Probes and
    evaluation then measure the copy."""
    steps: int = 1000
    """Optimizer steps, over which the learning rate rises and falls."""
    seed: int = 0
    """Of the initial weights, the order, and every draw."""
    precision: Literal["no", "bf16"] = "no"
    """"bf16" computes the encoder in bfloat16 by autocast; losses stay in single precision."""
    compile: bool = False
    """torch.compile the encoder's network: the first steps take minutes, later ones less time. Where that cannot be,
    the run says why and goes on without. Only rounding differs, so a run may be resumed with the other choice, which
    it warns of; a compiled run that resumes is not bit for bit the same either."""
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
    max_broken: float = 0.05
    """Share of the drawn samples that may be broken, so that others stand in for them, before the run stops."""
    profile: tuple[int, ...] = ()
    """Write RUN/trace.json of the steps from the first number, counted from 0, to before the second: 20 25 is five."""
    allow_decoder_change: bool = False
    """Resume although the decoder is another one: ids and draws stay the same, pixels change slightly."""

    def __post_init__(self) -> None:
        for name in ("steps", "log_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("floor_steps", "chunk"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")
        if 0 < self.chunk < 4:
            raise ValueError(f"chunk must be 0, for all at once, or at least 4, got {self.chunk}: norms need company")
        if len(self.profile) not in (0, 2):
            raise ValueError(f"profile needs the first step to trace and the first not to, got {self.profile}")
        if not 0 <= self.average < 1:
            raise ValueError(f"average is the share that stays, from 0 to below 1, got {self.average}")
        if not 0 <= self.max_broken <= 1:
            raise ValueError(f"max_broken must lie between 0 and 1, got {self.max_broken}")
        check_parts(self.method, self.attack, self.false_negatives, self.loader.negatives)

    def open(self, place: Place, step: int = 0, clock: Clock | None = None, faults: Faults | None = None) -> Stream:
        """The loader's batches from ``step`` on, with as many views as the method and the rule look at."""
        support = self.false_negatives.support_views
        return self.loader.open(place, self.seed, step, clock, faults, self.method.views, support)

    def build(self, samples: int) -> MethodModule:
        """The method's module as a run on ``samples`` samples begins: a pure function of the seed."""
        torch.manual_seed(self.seed)
        encoder = self.normalise(self.network.build())
        encoder.chunk = self.chunk  # before the method copies it
        method = self.method.build(encoder, self.false_negatives, samples)
        normalise_by(method, self.norm)
        self.attack.prepare(method)  # after it: an attack's batch norms are copies
        if self.average:
            method.average = Average(method.encoder, self.average)
        return method


# what may differ between a run and its resumption
FREE = (
    "out", "log_every", "checkpoint_every", "floor_steps", "resume", "max_broken", "profile", "allow_decoder_change",
    "probe", "compile",
)  # fmt: skip


def identity(run: dict) -> dict:
    """What decides a run's weights, of the run as JSON values.

    Where the shards lie, what decodes them and who executes the augmentation is compared apart.
    """
    loader = {name: value for name, value in run["loader"].items() if name not in ("shards", "decoder")}
    if "views" in loader:  # weak views leave no choice of who executes them
        loader["views"] = {name: value for name, value in loader["views"].items() if name != "by"}
    return {name: value for name, value in run.items() if name not in FREE} | {"loader": loader}


def save_run(run: Pretrain) -> None:
    """Write ``run.json`` into the run's folder."""
    run.out.mkdir(parents=True, exist_ok=True)
    write_atomically(run.out / "run.json", json.dumps(describe(run), indent=1).encode())


def load_run(folder: Path) -> Pretrain:
    """The run that was trained in ``folder``, which may have been moved since.

    Raises: ``Refusal`` if there is none, or if another version of the code wrote it.
    """
    file = folder / "run.json"
    if not file.is_file():
        raise Refusal(f"{folder} holds no run.json, so it is no run; train one: accelerate launch training/pretrain.py")
    try:
        return replace(revive(Pretrain, json.loads(file.read_text())), out=folder)
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{file} does not describe a run of this version: {error}") from error
