"""How fast samples come out of tars, nothing decoded, beside a copy in memory and the webdataset library."""

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from webdataset.compat import WebDataset

from shards.order import permutation
from shards.read import Shards
from tools.benchmarks.photographs import lay_out
from tools.benchmarks.report import machine, refuse_few, write


@dataclass(frozen=True)
class Reading:
    """Read every sample's bytes in a drawn order: GB per CPU-second of one thread, beside a copy in memory.

    The tars are warm: in the system's cache, and read once before.
    """

    root: Path | None = None
    """A folder of class folders of photographs, or a tar of it; without one, pictures are generated."""
    repeats: int = 11
    """Runs of each, alternating."""
    work: Path = Path(".benchmark")
    """Folder for the shards."""
    json: Path = Path(".benchmark/reading.json")
    """A file for all figures."""

    def __call__(self) -> None:
        refuse_few("repeats", self.repeats)
        shards = Shards(lay_out(self.root, self.work.absolute()).shards)
        readers, size = _readers(shards)
        seconds: dict[str, list[float]] = {name: [] for name in readers}
        for _ in range(self.repeats + 1):
            for name, read in readers.items():
                start = time.process_time()
                read()
                seconds[name].append(time.process_time() - start)
        first = next(iter(readers))
        ratios = {
            name: sorted(copied / mine for mine, copied in zip(found[1:], seconds[first][1:], strict=True))
            for name, found in seconds.items()
        }
        for name, found in ratios.items():
            rate = size / 1e9 / statistics.median(seconds[name][1:])
            spread = f"({found[0]:.2f} to {found[-1]:.2f})"
            print(f"{name:44}{rate:7.2f} GB/CPU-s  {statistics.median(found):.2f} {spread} of the copy")
        write(self.json, {"machine": machine(), "samples": len(shards), "bytes": size, "seconds": seconds})


def _readers(shards: Shards) -> tuple[dict[str, Callable[[], object]], int]:
    """What is compared, and how many bytes each reads."""
    numbers = permutation(len(shards), 0, 0).tolist()
    whole = np.concatenate([np.frombuffer(shards.media(number), np.uint8) for number in numbers])
    copy = np.empty_like(whole)
    tars = [os.fspath(shards.folder / f"{entry.name}.tar") for entry in shards.manifest.shards]

    def library() -> None:
        for _ in WebDataset(tars, shardshuffle=False):
            pass

    return {
        "copy in memory": lambda: np.copyto(copy, whole),
        "antipodal: checked by XXH3, not copied": lambda: [shards.media(number) for number in numbers],
        "antipodal: checked and copied": lambda: [bytes(shards.media(number)) for number in numbers],
        "webdataset, in the tars' order, unchecked": library,
    }, whole.nbytes
