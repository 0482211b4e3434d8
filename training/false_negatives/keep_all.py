"""No false negatives are looked for."""

from dataclasses import dataclass

from training.false_negatives.rule import Rule


@dataclass(frozen=True)
class KeepAll(Rule):
    """Keep every negative."""
