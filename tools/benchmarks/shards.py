"""How fast samples become tars: our writer with hashes and index, beside the webdataset library's and tarfile's."""

import io
import json
import os
import platform
import random
import statistics
import tarfile
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

from webdataset.writer import TarWriter

from shards.media import Media
from shards.sample import Sample
from shards.sources.folder import Folder
from shards.target import Local
from shards.treat import Treated
from shards.validate import Validator
from shards.write import write_shard
from tools.benchmarks.report import refuse_few

Write = Callable[[list[Sample], Path], object]


@dataclass(frozen=True)
class Shards:
    """Write the same pictures as one tar: samples per CPU-second and MB/s, medians, ratios to the bare TarWriter loop.

    Measuring and checking the pictures is left out for all: it is the same child whatever writes the tar.
    """

    root: Path | None = None
    """A folder of class folders of photographs, or a tar of it; without one, files of random bytes are made up."""
    samples: int = 400
    """Samples of the tar."""
    size: int = 110_000
    """Bytes of each made-up file."""
    repeats: int = 7
    """Runs of each writer, alternating."""
    json: Path | None = None
    """A file for all figures."""

    def __call__(self) -> None:
        refuse_few("repeats", self.repeats)
        samples = self._samples()
        size = sum(len(content) for sample in samples for content in sample.media.values())
        with tempfile.TemporaryDirectory() as folder:
            seconds = {name: [] for name in WRITERS}
            for _ in range(self.repeats + 1):  # the first round warms up
                for name, write in WRITERS.items():
                    for old in Path(folder).iterdir():
                        old.unlink()
                    start = time.process_time()
                    write(samples, Path(folder))
                    seconds[name].append(time.process_time() - start)
        print(
            f"{len(samples)} samples of {size / len(samples) / 1e3:.0f} kB on average, with labels; n = {self.repeats} "
            f"alternating runs, one thread, {platform.machine()}, {len(os.sched_getaffinity(0))} cores, Python "
            f"{platform.python_version()}, webdataset {version('webdataset')}, xxhash {version('xxhash')}"
        )
        figures = {name: _figures(len(samples), size, runs[1:], seconds[BARE][1:]) for name, runs in seconds.items()}
        for name, one in figures.items():
            print(f"  {name:44}{one['samples/CPU-s']:8.0f} samples/CPU-s{one['MB/CPU-s']:8.0f} MB/CPU-s   ratio to "
                  f"{BARE}: {one['ratio']:.2f} ({one['least ratio']:.2f} to {one['most ratio']:.2f})")  # fmt: skip
        if self.json:
            self.json.write_text(json.dumps(figures, indent=1) + "\n")

    def _samples(self) -> list[Sample]:
        if self.root is None:
            content = random.Random(0).randbytes(self.size + self.samples)
            numbers = range(self.samples)
            return [Sample(f"s{n:06d}", {"jpg": content[n : n + self.size]}, n % 10) for n in numbers]
        source = Folder(self.root)
        items: Any = next(iter(source.splits().values())).items
        return [sample for item in islice(items, self.samples) for sample in source.samples(item)]


class _Known(Validator):
    """Files whose measures are known."""

    def __call__(self, extension, content, name="", segment=None, further=False) -> list[Treated]:
        return [Treated("", {extension: content}, Media(1, 1, 1, (0, 1), ()), (0, 1, 1))]


def _ours(samples: list[Sample], folder: Path) -> None:
    write_shard(samples, Local(folder), "000000", _Known())


def _webdataset(samples: list[Sample], folder: Path) -> None:
    with (folder / "x.tar").open("wb") as stream, TarWriter(stream, encoder=False) as tar:
        for sample in samples:
            tar.write({"__key__": sample.name, **sample.media, "cls": str(sample.label).encode()})


def _tarfile(samples: list[Sample], folder: Path) -> None:
    with tarfile.open(folder / "x.tar", "w") as tar:
        for sample in samples:
            for extension, content in {**sample.media, "cls": str(sample.label).encode()}.items():
                member = tarfile.TarInfo(f"{sample.name}.{extension}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))


BARE = "bare webdataset.TarWriter"
WRITERS: dict[str, Write] = {
    "antipodal: XXH3, SHA-256, index, flushed to disk": _ours,
    BARE: _webdataset,
    "plain tarfile": _tarfile,
}


def _figures(samples: int, size: int, runs: list[float], bare: list[float]) -> dict[str, float]:
    ratios = sorted(other / one for one, other in zip(runs, bare, strict=True))
    median = statistics.median(runs)
    return {
        "samples/CPU-s": samples / median, "MB/CPU-s": size / 1e6 / median, "ratio": statistics.median(ratios),
        "least ratio": ratios[0], "most ratio": ratios[-1],
    }  # fmt: skip
