"""The steps of an augmentation and their knobs. What they draw is a ``Look``; ``chain`` and ``fused`` execute it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Flip:
    """Mirror left and right."""

    probability: float = 0.5


@dataclass(frozen=True)
class ColorJitter:
    """Brightness, contrast, saturation and hue by random factors, in an order drawn for every sample.

    The law of torchvision's ``ColorJitter``: factors uniform in [max(0, 1 - s), 1 + s], hue shift uniform in [-s, s]
    turns, clamped to 0 … 1 after each operation. The mean that contrast keeps is that of the whole clip.
    """

    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.4
    hue: float = 0.1
    probability: float = 0.8


@dataclass(frozen=True)
class Grayscale:
    """Take the colour away."""

    probability: float = 0.2


@dataclass(frozen=True)
class Blur:
    """Blur with a Gaussian whose standard deviation, in pixels, is drawn for every sample."""

    probability: float = 0.5
    sigma: tuple[float, float] = (0.1, 2.0)
    kernel: float = 0.1
    """Width of the kernel as a share of the side, rounded up to an odd number of pixels."""

    def __post_init__(self) -> None:
        if not 0 <= self.kernel <= 1:  # a wider one would reach past the mirrored border
            raise ValueError(f"a blur's kernel must lie between 0 and 1, got {self.kernel}")

    def width(self, side: int) -> int:
        """Of the kernel, in pixels: odd."""
        return int(self.kernel * side) // 2 * 2 + 1
