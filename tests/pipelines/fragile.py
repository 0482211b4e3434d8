"""A decoder that dies of certain bytes, as decord does of some damaged videos."""

import os
import signal
from dataclasses import dataclass

import torch

from pipelines.decoders import Plain
from pipelines.decoders.cut import Cut, Execute
from shards.media import Kind


@dataclass(frozen=True)
class Fragile(Plain):
    """Pillow, but for files that end in "crash"."""

    @property
    def library(self) -> str:
        return "fragile 1"

    def open(self, kind: Kind, device: torch.device, threads: int) -> Execute:
        plain = super().open(kind, device, threads)

        def execute(cut: Cut) -> torch.Tensor:
            if any(bytes(content).endswith(b"crash") for content in cut.media):
                os.kill(os.getpid(), signal.SIGSEGV)
            return plain(cut)

        return execute
