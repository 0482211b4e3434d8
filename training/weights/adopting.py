"""Weights from elsewhere become a run of step 0, which is evaluated, fine-tuned and exported like any other."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

from tyro.conf import Positional

from pipelines.loader import Loader, Place
from shards.files import sha256
from shards.refusal import Refusal
from shards.several import open_shards
from training.checkpoints import save_checkpoint
from training.encoders import Network, Normalise, Timm
from training.encoders.encoder import MEAN, STD
from training.norms import Norm
from training.resume import facts_of
from training.run import Pretrain, save_run
from training.values import revive
from training.weights.layouts import Laid, counted, lay_out
from training.weights.origin import save_origin
from training.weights.reading import read_weights

Colours = tuple[float, float, float]


@dataclass(frozen=True)
class Adopt:
    """Make a run's folder of a file of weights."""

    file: Positional[Path]
    """safetensors, or what torch.save wrote of a state dict; of timm, torchvision, MoCo, solo-learn, SupContrast, or
    an export of ours."""
    loader: Loader
    """What it is measured on, at which size."""
    out: Path
    """The run's folder."""
    network: Network = field(default_factory=Timm)
    """What the weights are of."""
    norm: Norm = "batch"
    """What normalises in it."""
    mean: Colours | None = None
    """Taken from red, green and blue, 0 to 1, before the network; an export's own, else ImageNet's, unless given.
    SimCLR's official weights take 0 0 0 and a std of 1 1 1."""
    std: Colours | None = None
    """By which they are divided then; likewise."""

    def __call__(self) -> list[str]:
        """What was done, in lines of text.

        Raises: ``Refusal`` if the folder is taken, or if file, network and layout do not fit together, or
        if the file says of normalisation what cannot be understood.
        """
        if (self.out / "run.json").exists():
            raise Refusal(f"{self.out} holds a run already; choose another --out")
        weights = read_weights(self.file)
        run = Pretrain(self.loader, self.network, self._normalise(weights.said), norm=self.norm, out=self.out)
        shards = open_shards(self.loader.shards)
        method = run.build(len(shards))
        try:
            laid = lay_out(weights.tensors, method.encoder.network.state_dict())
        except Refusal as refusal:
            raise Refusal(f"{self.file} as {type(self.network).__name__}: {refusal}") from refusal
        if "normalise" in weights.said:
            laid = replace(laid, layout="an export of antipodal")
        method.encoder.network.load_state_dict(laid.tensors, strict=False)
        facts = facts_of(run, shards, Place())
        save_checkpoint(self.out / "checkpoints", 0, method, run.optimizer.build(method), facts)
        save_origin(self.out, self._origin(laid))
        save_run(run)
        return [
            f"{self.file}: layout {laid.layout}; {len(laid.tensors)} tensors, left out: {counted(laid.left_out)}",
            f"pixels are normalised by mean {_row(run.normalise.mean)} and std {_row(run.normalise.std)}; "
            "--mean and --std choose others",
        ]

    def _normalise(self, said: dict[str, str]) -> Normalise:
        if "normalise" not in said or (self.mean and self.std):
            return Normalise(self.mean or MEAN, self.std or STD)
        try:
            own = revive(Normalise, json.loads(said["normalise"]))
        except Exception as error:  # whatever hostile text provokes
            raise Refusal(
                f"{self.file} says how pixels are to be normalised, but not as an export of antipodal does; "
                "say it by --mean and --std"
            ) from error
        return Normalise(self.mean or own.mean, self.std or own.std)

    def _origin(self, laid: Laid) -> dict:
        return {
            "file": self.file.name,
            "sha256": sha256(self.file),
            "layout": laid.layout,
            "tensors": len(laid.tensors),
            "left out": list(laid.left_out),
        }


def _row(values: Colours) -> str:
    return " ".join(f"{value:g}" for value in values)
