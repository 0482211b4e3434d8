"""Videos to training steps, beside decord under a DataLoader; and how busy the recipes for CPUs keep their cores."""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from shards.manifest import FILE_NAME
from tools.benchmarks.report import write
from tools.benchmarks.running import Contestant
from tools.benchmarks.videos import Videos
from training.recipes import find_recipe

ROOT = Path(__file__).parents[2]
FIELDS = ("samples per second", "cores busy", "data share of CPU", "stall share", "share of data-free floor")


@dataclass(frozen=True)
class Step(Videos):
    """Two clips of each video, augmented, and a SimCLR step with a small 3-D ResNet: clips per CPU-second.

    Then recipes are run for some steps each, on the shards that they name: cores busy, and what data cost.
    """

    width: int = 8
    """Channels of the network's first stage."""
    recipes: tuple[str, ...] = ("simclr-synthetic", "simclr-moving")
    """Which recipes to time."""
    steps: int = 60
    """How many steps of each."""
    json: Path = Path(".benchmark/step.json")
    ours: ClassVar[str] = "step_antipodal.py"

    def __call__(self) -> None:
        super().__call__()
        lines = {name: self._recipe(name) for name in self.recipes}
        print("\nRecipes, medians of the log's lines but the first:")
        for name, line in lines.items():
            print(
                f"  {name}: " + (line if isinstance(line, str) else ", ".join(f"{k} {v:.3g}" for k, v in line.items()))
            )
        found = json.loads(self.json.read_text())
        write(self.json, {**found, "recipes": lines})

    def _contests(self, shards: dict[str, Path], task: dict) -> Iterator[tuple[str, list[Contestant]]]:
        for precision in ("no", "bf16"):
            ours = partial(self._ours, shards, {**task, "precision": precision})
            yield f"Clips to steps, width {self.width}, {'fp32' if precision == 'no' else precision}", [
                Contestant("decord + DataLoader on the originals", "step_decord.py", {**task, "precision": precision}),
                ours("frames", "Turbo", 2.0), ours("h264", "PyAV"), ours("untouched", "PyAV"),
                replace(ours("frames", "Turbo", **{"without data": True}), name="the step alone"),
            ]  # fmt: skip

    def _task(self, folder: Path, shards: Path) -> dict[str, Any]:
        more = {"width": self.width, "without data": False, "precision": "no"}
        return {**super()._task(folder, shards), **more}

    def _recipe(self, name: str) -> dict[str, float] | str:
        folder = find_recipe(name).loader.shards
        folder = folder if isinstance(folder, Path) else folder[0]
        if not (folder / FILE_NAME).is_file():
            return f"not run, {folder} is no data set; above the recipe in training/recipes/ stands how to make it"
        with tempfile.TemporaryDirectory() as out:
            words = [name, "--steps", str(self.steps), "--probe.every", "0", "--out", out]
            subprocess.run([sys.executable, ROOT / "training" / "pretrain.py", *words], check=True, capture_output=True)
            lines = [json.loads(line) for line in Path(out, "metrics.jsonl").read_text().splitlines()]
        timed = [line for line in lines if "seconds/step" in line][1:]
        return {field: statistics.median(line[field] for line in timed) for field in FIELDS}
