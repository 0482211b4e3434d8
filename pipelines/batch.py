"""What the pipelines deliver. An image is a clip of one frame, so every tensor of pixels is ``b t c h w``."""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """One rank's part of a global batch, on the device."""

    views: tuple[Float[Tensor, "b t c h w"], ...]
    """As many as were asked for, augmented, 0 to 1, not normalised: attacks need true pixels."""
    negatives: Float[Tensor, "b n t c h w"]
    """``n`` (it may be 0) clips per sample with the texture of its first view but not its meaning."""
    ids: Int[Tensor, " b"]
    """Which samples these are, by their number in the data set."""
    labels: Int[Tensor, " b"] | None
    """Classes; for supervised controls, oracles and logs only. ``None`` where all samples are of one class."""
    support: tuple[Float[Tensor, "b t c h w"], ...] = ()
    """Further views of the same samples, for rules that look for false negatives."""
    epochs: Int[Tensor, " b"] | None = None
    """In which pass over the data each was drawn; with ``seed`` and ``ids`` the key of whatever else is drawn."""
    seed: int = 0
    """Of the run."""
