"""Photographs to complete SimCLR views: our loader beside libraries of augmentation, on the same files."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tools.benchmarks.photographs import lay_out
from tools.benchmarks.run import Course, run_all
from tools.benchmarks.running import Contestant


@dataclass(frozen=True)
class Augment(Course):
    """Two SimCLR views of every photograph, from bytes to floats: images per CPU-second, and on the clock."""

    root: Path | None = None
    """A folder of class folders of photographs, or a tar of it; without one, pictures are generated."""
    side: int = 224
    passes: int = 1
    """How often all photographs are read in one turn."""
    batch: int = 50
    json: Path = Path(".benchmark/augment.json")

    def __call__(self) -> None:
        found = lay_out(self.root, self.work.absolute())
        task: dict[str, Any] = {
            "files": found.files, "shards": str(found.shards), "side": self.side, "batch": self.batch,
            "passes": self.passes, "threads": len(os.sched_getaffinity(0)), "views by": {}, "backend": "tensors",
        }  # fmt: skip
        ours = Contestant("antipodal", "views_antipodal.py", task, least=3.0)
        tensors = Contestant("torchvision v2 on tensors", "views_torchvision.py", task)
        contestants = [
            tensors, ours,
            replace(ours, name="antipodal, Kornia's chain", task={**task, "views by": {"by": "kornia"}}, least=0.0),
            replace(tensors, name="torchvision v2 on Pillow's pictures", task={**task, "backend": "pillow"}),
            Contestant("Kornia's random classes", "views_kornia.py", task),
            Contestant("albumentations", "views_albumentations.py", task, ("albumentations",)),
        ]  # fmt: skip
        title = f"Two SimCLR views at {self.side}"
        run_all([(title, contestants)], "images", self, {"photographs": len(found.files)}, ours)
