"""Where the time of a step goes: in stages, in stalls, and on how many cores. Probes and checkpoints are left out."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from accelerate import Accelerator
from torch import Tensor

from pipelines.clock import Clock
from training.floor import Floor

STAGES = ("read", "decode", "augment", "transfer", "wait", "stall")


class Speed:
    """Times steps on the clock and on the CPU. All processes call ``read`` and ``sentence`` at the same steps.

    Figures are means over processes, but for the stall share: the process that stalls most holds up all others.
    """

    def __init__(self, accelerator: Accelerator, clock: Clock, batch: int, cores: int, floor: Floor | None):
        """``batch`` is the global one, ``cores`` are those that this process may use."""
        self.accelerator, self.clock, self.batch, self.cores = accelerator, clock, batch, cores
        self.floor = floor and Floor(*self._gathered(*floor).mean(0).tolist())
        self.spent, self.steps = torch.zeros(1, 2 + len(STAGES), dtype=torch.float64), 0
        self._restart()

    @contextmanager
    def pause(self) -> Iterator[None]:
        """What happens meanwhile, a probe or a checkpoint, is no step's time."""
        began, cpu_began = time.perf_counter(), time.process_time()
        yield
        self.started += time.perf_counter() - began
        self.cpu_started += time.process_time() - cpu_began

    def read(self, steps: int) -> dict[str, float]:
        """The figures of the last ``steps`` steps, all those since the last call."""
        seconds, cpu_seconds = time.perf_counter() - self.started, time.process_time() - self.cpu_started
        stages = self.clock.read()
        self._restart()
        spent = self._gathered(seconds, cpu_seconds, *(stages.get(stage, 0.0) for stage in STAGES))
        self.spent, self.steps = self.spent + spent, self.steps + steps
        return self._figures(spent, steps)

    def sentence(self) -> str:
        """All steps that were read, in words."""
        figures = self._figures(self.spent, self.steps)
        said = [f"{self.steps} steps", f"{figures['samples per second']:.0f} samples/s"]
        if self.floor:
            said += [f"{figures['share of data-free floor']:.0%} of the data-free floor"]
        said += [
            f"stalled for {figures['stall share']:.1%} of the time",
            f"{figures['cores busy']:.0%} of {self.cores} core(s) busy",
        ]
        if self.floor:
            said += [f"{figures['data share of CPU']:.0%} of the CPU time for data"]
        return ", ".join(said)

    def _figures(self, spent: Tensor, steps: int) -> dict[str, float]:
        """``spent``: for each process seconds, CPU seconds, and seconds of each stage."""
        seconds, cpu_seconds, *stages = (spent.mean(0) / steps).tolist()
        figures = {f"seconds/{stage}": value for stage, value in zip(STAGES, stages, strict=True)}
        figures |= {"seconds/step": seconds, "seconds/compute": seconds - figures["seconds/stall"]}
        figures |= {"CPU seconds/step": cpu_seconds, "samples per second": self.batch / seconds}
        figures |= {
            "stall share": float((spent[:, -1] / spent[:, 0]).max()),
            "cores busy": cpu_seconds / seconds / self.cores,
        }
        if self.floor:
            figures |= {
                "seconds/step without data": self.floor.seconds,
                "CPU seconds/step without data": self.floor.cpu_seconds,
            }
            figures |= {"share of data-free floor": self.floor.seconds / seconds}
            figures |= {"data share of CPU": max(1 - self.floor.cpu_seconds / cpu_seconds, 0.0)}
        return figures

    def _gathered(self, *mine: float) -> Tensor:
        """A row for each process."""
        row = torch.tensor([mine], dtype=torch.float64, device=self.accelerator.device)
        return torch.as_tensor(self.accelerator.gather(row)).cpu()

    def _restart(self) -> None:
        self.started, self.cpu_started = time.perf_counter(), time.process_time()
