"""What is left of the learning rate after the warm-up: pure functions of the step."""

import math
from dataclasses import dataclass
from typing import Annotated

from tyro.conf import subcommand


@dataclass(frozen=True)
class Cosine:
    """Half a cosine, from the end of the warm-up to zero at the end of the run."""

    def share(self, step: int, steps: int, rising: float) -> float:
        """Share of the highest rate at step ``step`` of ``steps``; the first ``rising`` steps warm up."""
        return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(steps - rising, 1)))


@dataclass(frozen=True)
class Steps:
    """Stairs. MoCo's, at epochs 120 and 160 of 200, unless told otherwise."""

    at: tuple[float, ...] = (0.6, 0.8)
    """When the rate changes, in shares of the run, warm-up included; rounded to whole steps."""
    to: tuple[float, ...] = (0.1, 0.01)
    """Shares of the highest rate from then on, one for each time."""

    def __post_init__(self) -> None:
        if len(self.at) != len(self.to):
            raise ValueError(f"each of the times {self.at} needs one share of the rate, got {self.to}")
        if list(self.at) != sorted(set(self.at)) or not all(0 <= time <= 1 for time in self.at):
            raise ValueError(f"times must increase and lie between 0 and 1, got {self.at}")
        if min(self.to, default=0) < 0:
            raise ValueError(f"shares of the rate must be at least 0, got {self.to}")

    def share(self, step: int, steps: int, rising: float) -> float:
        """Share of the highest rate at step ``step`` of ``steps``, whatever the warm-up."""
        past = [share for time, share in zip(self.at, self.to, strict=True) if step >= round(time * steps)]
        return past[-1] if past else 1.0


@dataclass(frozen=True)
class Level:
    """No fall."""

    def share(self, step: int, steps: int, rising: float) -> float:
        """All of the rate."""
        return 1.0


Fall = (
    Annotated[Cosine, subcommand("cosine")]
    | Annotated[Steps, subcommand("steps")]
    | Annotated[Level, subcommand("level")]
)
