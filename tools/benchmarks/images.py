"""Photographs to uint8 crops: our loader beside those of others, on the same files, in the same places."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from shards.read import Shards
from tools.benchmarks.photographs import Photographs, boxes, lay_out
from tools.benchmarks.run import Course, run_all
from tools.benchmarks.running import Contestant

PEERS = {
    "torchvision ImageFolder + DataLoader": ("images_torchvision.py", ()),
    "webdataset": ("images_webdataset.py", ()),
    "LitData": ("images_litdata.py", ("litdata",)),
    "MosaicML Streaming": ("images_streaming.py", ("mosaicml-streaming",)),
}
TORCHVISION = "torchvision ImageFolder + DataLoader"


@dataclass(frozen=True)
class Images(Course):
    """Two uint8 crops to 224 of every photograph, as SimCLR draws them: images per CPU-second, and on the clock."""

    root: Path | None = None
    """A folder of class folders of photographs, or a tar of it; without one, pictures are generated."""
    passes: int = 3
    """How often all photographs are read in one turn."""
    batch: int = 100
    json: Path = Path(".benchmark/images.json")

    def __call__(self) -> None:
        found, task = self._task()
        facts = {"photographs": len(found.files), "passes per turn": self.passes}
        run_all(self._contests(found, task), "images", self, facts, self._ours(task, found.shards))

    def _task(self) -> tuple[Photographs, dict[str, Any]]:
        found = lay_out(self.root, self.work.absolute())
        places = self.work.absolute() / "boxes.npy"
        np.save(places, boxes(found.shards, (self.rounds + 1) * self.passes))
        return found, {
            "folder": str(found.folder), "files": found.files, "names": Shards(found.shards).index.name.tolist(),
            "tars": [str(tar) for tar in sorted(found.shards.glob("*.tar"))], "boxes": str(places), "side": 224,
            "batch": self.batch, "passes": self.passes, "threads": len(os.sched_getaffinity(0)), "views": 2,
            "per sample": 1, "decoder": "Turbo",
        }  # fmt: skip

    def _ours(self, task: dict, shards: Path, name: str = "", **changes: Any) -> Contestant:
        return Contestant(f"antipodal{name}", "antipodal.py", {**task, "shards": str(shards), **changes})

    def _contests(self, found: Photographs, task: dict) -> Iterator[tuple[str, list[Contestant]]]:
        ours = partial(self._ours, task)

        def peer(name: str, road: str) -> Contestant:
            program, requirements = PEERS[name]
            scratch = self.work.absolute() / f"scratch {name} {found.folder.name}"
            return Contestant(name, program, {**task, "road": road, "scratch": str(scratch)}, requirements)

        others = [peer(name, "own") for name in PEERS if name != TORCHVISION]
        yield "Two crops of untouched photographs, each loader at its best", [
            peer(TORCHVISION, "own"), replace(ours(found.shards), least=2.0), ours(found.shards, " through DALI",
            decoder="Dali"), *others, Contestant("DALI's own reader", "images_dali.py", task),
        ]  # fmt: skip
        same = [peer(name, "same") for name in PEERS]
        yield "The same, all with libjpeg-turbo and torch's resize", [*same, ours(found.shards)]
        yield "The same from shards of a shorter side of 256, torchvision on the originals", [
            peer(TORCHVISION, "own"), replace(ours(found.smaller), least=4.0)
        ]  # fmt: skip
        yield "One crop, beside bare JPEG decoding", [
            Contestant("bare simplejpeg on threads", "images_bare.py", task),
            replace(ours(found.shards, ", one crop", views=1), least=0.9),
        ]  # fmt: skip
