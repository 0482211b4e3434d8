"""Clips of videos to uint8 crops: our loader on three kinds of shards, beside decoders of videos alone."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from pipelines.draws import Draws
from pipelines.frames import Clip
from pipelines.views import SimCLRViews
from shards.read import Shards
from tools.benchmarks.footage import film
from tools.benchmarks.photographs import numbered, shard
from tools.benchmarks.run import Course, run_all
from tools.benchmarks.running import Contestant

DECORD = "decord on the originals"
RECODED = {
    "untouched": ["recode:copy"],
    "h264": ["recode:h264"],
    "frames": ["recode:jpeg-frames"],
    "frames of 128": ["recode:jpeg-frames", "--recode.side", "128"],  # torchvision's size for clips of 112
}


@dataclass(frozen=True)
class Videos(Course):
    """Two clips of 16 frames, stride 4, to 112, of every video: clips per CPU-second, and on the clock."""

    root: Path | None = None
    """A folder of class folders of videos, or a tar of it; without one, videos of ten seconds are generated."""
    count: int = 24
    """How many videos are generated."""
    length: int = 16
    stride: int = 4
    side: int = 112
    passes: int = 2
    """How often all videos are read in one turn."""
    batch: int = 8
    json: Path = Path(".benchmark/videos.json")
    ours: ClassVar[str] = "antipodal.py"

    def __call__(self) -> None:
        folder = self._folder()
        shards = {
            name: shard(folder, self.work / "shards" / f"{folder.stem}-{name.replace(' ', '-')}", *words)
            for name, words in RECODED.items()
        }
        task = self._task(folder, shards["untouched"])
        sizes = {name: _megabytes(place) for name, place in shards.items()}
        print(f"{len(task['files'])} videos; tars in MB: " + ", ".join(f"{n} {s:.1f}" for n, s in sizes.items()))
        facts = {"videos": len(task["files"]), "tars in MB": sizes}
        run_all(self._contests(shards, task), "clips", self, facts, self._ours(shards, task, "untouched", "PyAV"))

    def _folder(self) -> Path:
        if self.root:
            return self.root
        folder = self.work / f"footage-{self.count}"
        if not folder.is_dir():
            film(folder, self.count)
        return folder

    def _task(self, folder: Path, shards: Path) -> dict[str, Any]:
        """The same clips and boxes for all."""
        extent = Shards(shards).index.extent.astype(np.int64)
        samples, clip = np.arange(len(extent)), Clip(self.length, self.stride)
        draws = [
            [Draws(0, np.full_like(samples, number), samples, view) for view in (0, 1)]
            for number in range((self.rounds + 1) * self.passes)
        ]
        arrays = {
            "frames": [clip.draw(extent[:, 0], tuple(pair)) for pair in draws],
            "boxes": [[SimCLRViews().boxes(extent[:, 1:], draw) for draw in pair] for pair in draws],
        }
        files = {name: str(self.work.absolute() / f"{name}.npy") for name in arrays}
        for name, array in arrays.items():
            np.save(files[name], np.array(array))
        return {
            "files": numbered(folder, shards, self.work), "clip": vars(clip), "side": self.side, "batch": self.batch,
            "passes": self.passes, "threads": len(os.sched_getaffinity(0)), "views": 2, "per sample": 2, **files,
        }  # fmt: skip

    def _ours(
        self, shards: dict[str, Path], task: dict, name: str, decoder: str, least: float = 0.0, **more: Any
    ) -> Contestant:
        told = {**task, "shards": str(shards[name].absolute()), "decoder": decoder, **more}
        return Contestant(f"antipodal, {name}, {decoder}", self.ours, told, least=least)

    def _contests(self, shards: dict[str, Path], task: dict) -> Iterator[tuple[str, list[Contestant]]]:
        ours = partial(self._ours, shards, task)
        decord = Contestant(DECORD, "videos_decord.py", task)
        pyav = Contestant("PyAV on the originals", "videos_pyav.py", task)
        codec = Contestant("torchcodec on the originals", "videos_torchcodec.py", task, ("torchcodec",))
        yield f"{self.length} frames, stride {self.stride}, to {self.side}", [
            decord, pyav, codec, replace(codec, name="torchcodec, approximate", task={**task, "seek": "approximate"}),
            ours("untouched", "PyAV", 1.0), ours("untouched", "Decord"),
            ours("h264", "PyAV", 1.7), ours("h264", "Decord"),
            ours("frames", "Turbo", 8.0), ours("frames of 128", "Turbo"), ours("frames", "Dali"),
        ]  # fmt: skip


def _megabytes(folder: Path) -> float:
    return sum(tar.stat().st_size for tar in folder.glob("*.tar")) / 1e6
