"""What a run says of itself while it runs: a progress bar, and a line of metrics every so many steps."""

import torch
from accelerate import Accelerator
from torch import Tensor
from tqdm import tqdm

from pipelines.clock import Clock
from training.run import Pretrain


class Progress:
    """Counts steps, averages the loss, and sets the time of a step against the data-free floor."""

    def __init__(self, accelerator: Accelerator, run: Pretrain, clock: Clock, floor: float | None, first: int):
        self.accelerator, self.run, self.clock, self.floor = accelerator, run, clock, floor
        self.bar = tqdm(
            total=run.steps, initial=first, unit="step", dynamic_ncols=True, disable=not accelerator.is_main_process
        )
        self.losses: list[Tensor] = []
        clock.read()

    def step(self, done: int, loss: Tensor) -> None:
        """Note a finished step; log a line where one is due."""
        self.losses.append(loss)
        self.bar.update()
        if done % self.run.log_every and done != self.run.steps:
            return
        mean = float(torch.as_tensor(self.accelerator.reduce(torch.stack(self.losses).mean(), reduction="mean")))
        stages = {stage: seconds / len(self.losses) for stage, seconds in self.clock.read().items()}
        self.losses.clear()
        line = {"loss": mean, "rate": self.run.optimizer.rate_at(done - 1, self.run.steps)}
        line |= {f"seconds/{stage}": seconds for stage, seconds in sorted(stages.items())}
        line["samples per second"] = self.run.loader.batch / stages["step"]
        if self.floor:
            line["share of data-free floor"] = self.floor / stages["step"]
            line["seconds/step without data"] = self.floor
        self.accelerator.log(line, done)
        shown = {"loss": f"{mean:.3f}", "samples/s": f"{line['samples per second']:.0f}"}
        if self.floor:
            shown["of floor"] = f"{min(line['share of data-free floor'], 1):.0%}"
        self.bar.set_postfix(shown)

    def probed(self, done: int, accuracies: dict[str, float]) -> None:
        """Log a probe and say it."""
        self.accelerator.log(accuracies, done)
        said = ", ".join(f"{name.removeprefix('knn/')} {value:.1f} %" for name, value in accuracies.items())
        if self.accelerator.is_main_process:
            self.bar.write(f"step {done}: kNN {said}")
        self.clock.read()  # the probe's time is no step's time

    def close(self) -> None:
        self.bar.close()
