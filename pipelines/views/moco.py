"""MoCo v2's augmentation, as the official code of non-semantic negatives uses it."""

from dataclasses import dataclass, field

from pipelines.views.simclr import SimCLRViews
from pipelines.views.steps import ColorJitter


@dataclass(frozen=True)
class MoCoViews(SimCLRViews):
    """SimCLR's steps with gentler crops and colours."""

    scale: tuple[float, float] = (0.2, 1.0)
    jitter: ColorJitter = field(default_factory=lambda: ColorJitter(0.4, 0.4, 0.4, 0.1))
