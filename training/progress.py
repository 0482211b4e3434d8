"""What a run says of itself while it runs: a progress bar, and a line of metrics every so many steps."""

import math

import torch
from accelerate import Accelerator
from torch import Tensor
from tqdm import tqdm

from shards.refusal import Refusal
from training.broken import BrokenSamples
from training.false_negatives.suspects import summarise
from training.methods.method import Outcome
from training.run import Pretrain
from training.speed import Speed


class Progress:
    """Counts steps, averages the loss, and says where the time goes."""

    def __init__(self, accelerator: Accelerator, run: Pretrain, speed: Speed, broken: BrokenSamples, first: int):
        self.accelerator, self.run, self.speed, self.broken = accelerator, run, speed, broken
        self.bar = tqdm(
            total=run.steps, initial=first, unit="step", dynamic_ncols=True, disable=not accelerator.is_main_process
        )
        self.losses: list[Tensor] = []
        self.counts: list[dict[str, Tensor]] = []

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
        speed = self.speed.read(len(self.losses))  # reading the loss has waited for the device
        line = {"loss": mean, "learning rate": self.run.optimizer.rate_at(done - 1, self.run.steps)}
        line |= summarise(self._added_up())
        line |= speed | self.broken.count(done)
        shown = {"loss": f"{mean:.3f}", "samples/s": f"{speed['samples per second']:.0f}"}
        if "share of data-free floor" in speed:
            shown["of floor"] = f"{speed['share of data-free floor']:.0%}"
        self.accelerator.log(line, done)
        self.bar.set_postfix(shown)
        self.losses.clear()
        self.counts.clear()

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

    def close(self) -> None:
        self.bar.close()
        if self.accelerator.is_main_process and self.speed.steps:
            print(self.speed.sentence())
