"""What a probe is given: features of two splits, what is known of them, and which may be used to choose."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Task:
    """Features of the training and the test split, and their labels."""

    train: Float[Tensor, "n d"]
    test: Float[Tensor, "m d"]
    answers: Mapping[str, tuple[Int[Tensor, " n"], Int[Tensor, " m"]]]
    """For the label and every fact: the classes of both splits' samples."""
    held: Bool[Tensor, " n"]
    """The validation split: training samples by which a probe chooses its knobs, and which vote only afterwards."""
    classes: Mapping[str, int]
    """Number of classes of the label and of every fact."""
    asked: np.ndarray
    """Numbers of the test samples in their split, int64 [m]."""

    def about(self, fact: str) -> "Task":
        """The same, with a fact in the label's place."""
        return replace(self, answers={"label": self.answers[fact]}, classes={"label": self.classes[fact]})
