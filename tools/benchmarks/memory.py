"""What a step needs in memory, whole and in chunks: each in a process of its own, since peaks do not come down."""

import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from pipelines.batch import Batch
from pipelines.loader import Loader
from tools.benchmarks.report import machine, write
from training.encoders import NarrowResNet, Network
from training.methods import SimCLR
from training.processes import open_accelerator, settle
from training.run import Pretrain
from training.step import begin

MIB = 2**20


@dataclass(frozen=True)
class Memory:
    """A SimCLR step on random pixels: peak memory beyond what was held before, and seconds.

    On a GPU it is torch's own peak; on a CPU that of the process, so what torch keeps for later counts too.
    """

    network: Network = field(default_factory=lambda: NarrowResNet(width=16))
    batch: int = 4096
    """Samples, of which each has two views."""
    side: int = 32
    """Pixels of a view."""
    chunks: tuple[int, ...] = (0, 256, 512)
    """How many views the encoder sees at once, one measurement each; 0 is all. What does not fit is said to."""
    json: Path = Path(".benchmark/memory.json")

    def __call__(self) -> None:
        rows = []
        print(f"A SimCLR step on {self.batch} samples at {self.side} pixels")
        print(f"{'chunk':>8}{'peak MiB':>12}{'seconds':>10}", flush=True)
        for chunk in self.chunks:
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                try:
                    row = {"chunk": chunk, **pool.submit(_step, self, chunk).result()}
                    print(
                        f"{chunk or 'all':>8}{row['peak'] / MIB:12.0f}{row['seconds']:10.1f}  loss {row['loss']:.6f}",
                        flush=True,
                    )
                except (BrokenProcessPool, torch.OutOfMemoryError) as error:
                    row = {"chunk": chunk, "failure": type(error).__name__}
                    print(f"{chunk or 'all':>8}  does not fit: {row['failure']}", flush=True)
            rows.append(row)
            write(self.json, {"machine": machine(), "batch": self.batch, "side": self.side, "rows": rows})


def _step(asked: Memory, chunk: int) -> dict[str, Any]:
    """Bytes at the peak, seconds and loss of a first step."""
    loader = Loader(Path("random pixels"), batch=asked.batch, side=asked.side)
    accelerator = open_accelerator("no", [], "")
    settle(accelerator)
    run = Pretrain(loader, network=asked.network, method=SimCLR(), chunk=chunk)
    take_step = begin(run, accelerator, asked.batch).take_step
    pixels = torch.rand(2, asked.batch, 1, 3, asked.side, asked.side, generator=torch.Generator().manual_seed(0))
    first, second = pixels.to(accelerator.device)
    batch = Batch((first, second), first[:, None][:, :0], torch.arange(asked.batch, device=first.device), None)
    before, start = _held(first), time.perf_counter()
    loss = float(take_step(batch, 0).loss)
    return {"peak": _peak(first) - before, "seconds": time.perf_counter() - start, "loss": loss}


def _held(pixels: torch.Tensor) -> int:
    if pixels.is_cuda:
        torch.cuda.reset_peak_memory_stats()
        return torch.cuda.memory_allocated()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    return _status("VmRSS")


def _peak(pixels: torch.Tensor) -> int:
    return torch.cuda.max_memory_allocated() if pixels.is_cuda else _status("VmHWM")


def _status(name: str) -> int:
    """Bytes, of this process alone: getrusage would count what started it too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name))
