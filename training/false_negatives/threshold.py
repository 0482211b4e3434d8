"""Remove what is too similar to be a negative.

That contrast makes encoders susceptible, and that removal helps: Gupta et al., 2023, arXiv 2207.10862. Their rule of
detection is not known to us; a threshold on the cosine is FNC's (Huynh et al., 2022, arXiv 2011.11765, default 0.7).
Start, ramp and cap are ours: at initialisation all cosines are near 1, a bare threshold would remove every negative.
"""

from dataclasses import dataclass

from jaxtyping import Bool
from torch import Tensor

from training.false_negatives.rule import Pairs, Suspecting


@dataclass(frozen=True)
class Threshold(Suspecting):
    """Suspect candidates whose cosine with the anchor exceeds a threshold, the most similar first."""

    above: float = 0.7
    """Cosine from which on a candidate is taken for a false negative."""

    def __post_init__(self) -> None:
        if not -1 <= self.above <= 1:
            raise ValueError(f"above is a cosine, from -1 to 1, got {self.above}")

    def __call__(self, pairs: Pairs) -> Bool[Tensor, "b m"]:
        return self.schedule.cap(pairs.similarity > self.above, pairs.similarity, pairs.progress)
