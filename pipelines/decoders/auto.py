"""The fastest decoder for what is stored and where it is needed."""

from dataclasses import dataclass

import torch

from pipelines.decoders.dali import Dali
from pipelines.decoders.decord import Decord
from pipelines.decoders.plain import Plain
from pipelines.decoders.pyav import PyAV
from pipelines.decoders.turbo import Turbo
from shards.media import Stored

Chosen = Turbo | Dali | PyAV | Decord | Plain


@dataclass(frozen=True)
class Auto:
    """turbo for images and stored frames, on a GPU dali; pyav for videos."""


def choose(decoder: Auto | Chosen, kind: Stored, device: torch.device) -> Chosen:
    """The decoder itself or, for ``Auto``, the fastest one."""
    if not isinstance(decoder, Auto):
        return decoder
    if kind == "video":
        return PyAV()
    return Dali() if device.type == "cuda" else Turbo()
