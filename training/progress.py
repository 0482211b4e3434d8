"""What a run says of itself while it runs: a progress bar, and a line of metrics every so many steps."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from accelerate import Accelerator
from torch import Tensor
from tqdm import tqdm

from pipelines.clock import Clock
from shards.refusal import Refusal
from training.broken import BrokenSamples
from training.false_negatives.suspects import summarise
from training.methods.method import Outcome
from training.run import Pretrain


class Progress:
    """Counts steps, averages the loss, and sets the time of a step against the data-free floor."""

    def __init__(
        self, accelerator: Accelerator, run: Pretrain, clock: Clock, broken: BrokenSamples, floor: float | None,
        first: int,
    ):  # fmt: skip
        self.accelerator, self.run, self.clock, self.broken, self.floor = accelerator, run, clock, broken, floor
        self.bar = tqdm(
            total=run.steps, initial=first, unit="step", dynamic_ncols=True, disable=not accelerator.is_main_process
        )
        self.losses: list[Tensor] = []
        self.counts: list[dict[str, Tensor]] = []
        self._restart()

    def step(self, done: int, outcome: Outcome) -> None:
        """Note a finished step; log a line where one is due.

        Raises: ``Refusal`` if the loss is no longer a number, or too many samples are broken.
        """
        self.losses.append(outcome.loss)
        self.counts.append(outcome.counts)
        self.bar.update()
        if done % self.run.log_every and done != self.run.steps:
            return
        mean = float(torch.as_tensor(self.accelerator.reduce(torch.stack(self.losses).mean(), reduction="mean")))
        if not math.isfinite(mean):
            raise Refusal(
                f"the loss is {mean} at step {done}; lower --optimizer.rate"
                + (", or try --precision no" if self.run.precision != "no" else "")
            )
        seconds = (time.perf_counter() - self.started) / len(self.losses)  # reading the loss has waited for the device
        line = {"loss": mean, "learning rate": self.run.optimizer.rate_at(done - 1, self.run.steps)}
        line |= summarise(self._added_up())
        line |= {f"seconds/{stage}": spent / len(self.losses) for stage, spent in sorted(self.clock.read().items())}
        line |= {"seconds/step": seconds, "samples per second": self.run.loader.batch / seconds}
        shown = {"loss": f"{mean:.3f}", "samples/s": f"{self.run.loader.batch / seconds:.0f}"}
        if self.floor:
            line |= {"seconds/step without data": self.floor, "share of data-free floor": self.floor / seconds}
            shown["of floor"] = f"{self.floor / seconds:.0%}"
        line |= self.broken.count(done)
        self.accelerator.log(line, done)
        self.bar.set_postfix(shown)
        self.losses.clear()
        self.counts.clear()
        self._restart()

    def _added_up(self) -> dict[str, float]:
        """Counts over the steps since the last line and over all processes."""
        totals = {name: torch.stack([counts[name] for counts in self.counts]).sum() for name in self.counts[0]}
        together = self.accelerator.reduce(torch.stack([*totals.values()]), reduction="sum") if totals else ()
        return {name: float(total) for name, total in zip(totals, together, strict=True)}

    def probed(self, done: int, accuracies: dict[str, float]) -> None:
        """Log a probe and say it."""
        self.accelerator.log(accuracies, done)
        said = ", ".join(f"{name.removeprefix('knn/')} {value:.1f} %" for name, value in accuracies.items())
        if self.accelerator.is_main_process:
            self.bar.write(f"step {done}: kNN {said}")

    @contextmanager
    def pause(self) -> Iterator[None]:
        """What happens meanwhile, a probe or a checkpoint, is no step's time."""
        began = time.perf_counter()
        yield
        self.started += time.perf_counter() - began

    def close(self) -> None:
        self.bar.close()

    def _restart(self) -> None:
        self.started = time.perf_counter()
        self.clock.read()
