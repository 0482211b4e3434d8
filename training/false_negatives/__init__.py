"""Which negatives are none: samples that mean the same as the anchor. One file per rule; name a new one here."""

from typing import Annotated

from tyro.conf import subcommand

from training.false_negatives.keep_all import KeepAll
from training.false_negatives.oracle import Oracle
from training.false_negatives.threshold import Threshold

FalseNegatives = (
    Annotated[KeepAll, subcommand("keep-all")]
    | Annotated[Threshold, subcommand("threshold")]
    | Annotated[Oracle, subcommand("oracle")]
)
