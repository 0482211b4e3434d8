"""The control of all rules: as many pairs as another would take, but any."""

from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from training.false_negatives.detecting import Detecting
from training.false_negatives.largest import largest
from training.false_negatives.rule import Memory, Pairs, Rule
from training.false_negatives.threshold import Threshold


@dataclass(frozen=True)
class AtRandom(Rule):
    """Of each anchor, take as many candidates as another rule would, chosen at random."""

    like: Detecting = field(default_factory=Threshold)
    """The rule that says how many; its schedule, its action and what it tells the attack hold here too."""

    @property
    def needs_labels(self) -> bool:
        return self.like.needs_labels

    @property
    def support_views(self) -> int:
        return self.like.support_views

    @property
    def action(self) -> Literal["remove", "attract"]:
        return self.like.action

    @property
    def in_attack(self) -> bool:
        return self.like.in_attack

    def check(self, samples: int) -> None:
        self.like.check(samples)

    def memory(self, samples: int, width: int) -> Memory | None:
        return self.like.memory(samples, width)

    def __call__(self, pairs: Pairs) -> Bool[Tensor, "b m"]:
        lots = _lots(pairs).masked_fill(pairs.similarity == -torch.inf, -torch.inf)
        counts = self.like(pairs).sum(1)
        return largest(lots, counts, int(counts.max()))


def _lots(pairs: Pairs) -> Float[Tensor, "b m"]:
    """A number for each pair, a pure function of both samples and the time: the same on any process, run after run."""
    time = torch.full_like(pairs.anchors, int(pairs.progress * 2**32))
    return (_mix(_mix(_mix(time) + pairs.anchors)[:, None] + pairs.candidates[None]) >> 11).double()


def _mix(words: Int[Tensor, "*n"]) -> Int[Tensor, "*n"]:
    """SplitMix64's output function, of 64-bit words."""
    words = words + _signed(0x9E3779B97F4A7C15)
    words = (words ^ _shift(words, 30)) * _signed(0xBF58476D1CE4E5B9)
    words = (words ^ _shift(words, 27)) * _signed(0x94D049BB133111EB)
    return words ^ _shift(words, 31)


def _shift(words: Int[Tensor, "*n"], bits: int) -> Int[Tensor, "*n"]:
    """To the right, filled with zeros: torch's own shift fills with the sign."""
    return (words >> bits) & ((1 << 64 - bits) - 1)


def _signed(word: int) -> int:
    return word - 2**64
