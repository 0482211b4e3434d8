"""Where a process stands."""

from dataclasses import dataclass, field

import torch


@dataclass(frozen=True)
class Place:
    """Who a process is among how many, and what it may use."""

    rank: int = 0
    world: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    threads: int = 1
    """Threads that decode."""
