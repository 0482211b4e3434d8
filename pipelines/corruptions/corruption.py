"""What a corruption is: pixels out of pixels and of draws that sample, corruption and severity alone decide."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from pipelines.threads import in_threads

SEED = 0
"""Of all draws: who is measured on the same samples is measured on the same pixels."""
SMALLEST = 32
"""Pixels of a side below which the published constants mean nothing."""
SEVERITIES = (1, 2, 3, 4, 5)

Frames = np.ndarray
"""uint8 [t, h, w, 3]: a clip as loops over pixels want it."""
Corrupt = Callable[[Frames, int, np.random.Generator], Frames]
"""From the frames of one sample, which it must not change, a severity and draws to frames of the same shape, uint8."""


@dataclass(frozen=True)
class Corruption:
    """A corruption of clips: the same for a sample whatever the batch, the order and the process."""

    name: str
    """As in ImageNet-C; it keys the draws."""
    corrupt: Corrupt
    """Of a clip, weather, directions and displacements are drawn once for all frames, noise anew for each."""
    optional: bool = False
    """Whether it needs the optional dependency ``corruptions``."""

    def __call__(
        self, clips: UInt8[Tensor, "b t c h w"], samples: np.ndarray, severity: int
    ) -> UInt8[Tensor, "b t c h w"]:
        """Corrupt clips on the CPU, on as many threads as torch has, whatever their device and strides.

        Args:
            samples: Each clip's number in its data set, int64 [b].
            severity: 1 … 5.
        """
        height, width = clips.shape[-2:]
        if severity not in SEVERITIES or height < SMALLEST or height != width:
            raise ValueError(
                f"{self.name}: need a severity of 1 … 5 and squares of at least {SMALLEST} pixels, "
                f"got severity {severity} and {height} x {width}"
            )
        frames = clips.permute(0, 1, 3, 4, 2).contiguous().numpy(force=True)
        corrupted = np.empty_like(frames)

        def work(first: int, step: int) -> None:
            for row in range(first, len(frames), step):
                corrupted[row] = self.corrupt(frames[row], severity, self.draws(int(samples[row]), severity))

        in_threads(work, len(frames))
        return torch.from_numpy(corrupted).to(clips.device).permute(0, 1, 4, 2, 3)

    def draws(self, sample: int, severity: int) -> np.random.Generator:
        """The sample's own random numbers. numpy may change what it makes of Philox's words from version to version."""
        name = hashlib.blake2b(f"{SEED} {self.name}".encode(), digest_size=8).digest()
        return np.random.Generator(np.random.Philox(key=[int.from_bytes(name, "little"), severity << 48 | sample]))
