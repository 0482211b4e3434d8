"""Which negatives are none: samples that mean the same as the anchor. One file per rule; detecting.py names them."""

from typing import Annotated

from tyro.conf import subcommand

from training.false_negatives.at_random import AtRandom
from training.false_negatives.cluster import Cluster
from training.false_negatives.detecting import Detecting
from training.false_negatives.fnc import FNC
from training.false_negatives.keep_all import KeepAll
from training.false_negatives.oracle import Oracle
from training.false_negatives.threshold import Threshold
from training.false_negatives.top_fraction import TopFraction
from training.false_negatives.top_k import TopK

__all__ = ["AtRandom", "Cluster", "FNC", "FalseNegatives", "KeepAll", "Oracle", "Threshold", "TopFraction", "TopK"]

FalseNegatives = Annotated[KeepAll, subcommand("keep-all")] | Detecting | Annotated[AtRandom, subcommand("random")]
