"""How strong each severity is: constants that were published for three sizes of pictures."""

from typing import Generic, NamedTuple, TypeVar

import numpy as np

T = TypeVar("T")


class Scale(NamedTuple, Generic[T]):
    """A constant of each severity, as in the scripts that made the published sets (hendrycks/robustness, create_c).

    Many count pixels. A picture of 96 pixels gets ImageNet-C's, made for 224: blurs reach further across it, so its
    figures compare with each other and not with those of other sides.
    """

    cifar: tuple[T, T, T, T, T]
    """CIFAR-10-C, for sides up to 32 pixels."""
    tiny: tuple[T, T, T, T, T]
    """Tiny-ImageNet-C, up to 64."""
    imagenet: tuple[T, T, T, T, T]
    """ImageNet-C, beyond."""

    def at(self, frames: np.ndarray, severity: int) -> T:
        """The constant for frames [t, h, w, 3] at a severity of 1 … 5."""
        side = frames.shape[1]
        return (self.cifar if side <= 32 else self.tiny if side <= 64 else self.imagenet)[severity - 1]


def to_bytes(values: np.ndarray) -> np.ndarray:
    """Floats to pixels 0 … 255. Fractions are cut off, as in the published sets, but for what float32 cannot hold."""
    return np.clip(values + 1e-3, 0, 255).astype(np.uint8)
