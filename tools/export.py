"""Export a run's encoder so that it loads without this project: ``python tools/export.py RUN [--out DIR] [--onnx]``.

Writes encoder.safetensors, whose names are those of the plain timm or torchvision model; config.json; README.md, a
model card with the lines that load it; with --onnx also encoder.onnx, checked against the original.
"""

from dataclasses import dataclass
from pathlib import Path

import tyro
from tyro.conf import Positional

from shards.refusal import one_sentence
from training.exports.exporting import export_encoder
from training.run import load_run


@dataclass(frozen=True)
class Export:
    """The encoder of a run's newest checkpoint, as it is measured."""

    run: Positional[Path]
    """Folder of a run."""
    out: Path | None = None
    """Folder of the export; "export" in the run's folder unless given."""
    onnx: bool = False
    """Also as ONNX: pip install "antipodal[onnx]"."""

    def __call__(self) -> None:
        run, out = load_run(self.run), self.out or self.run / "export"
        print(*export_encoder(run, out, self.onnx), sep="\n")
        print(f"{out / 'README.md'} says how to load it; fill in its licence")


if __name__ == "__main__":
    with one_sentence():
        tyro.cli(Export, description=__doc__)()
