"""Rules that look for false negatives, one file per rule; name a new one here."""

from typing import Annotated

from tyro.conf import subcommand

from training.false_negatives.cluster import Cluster
from training.false_negatives.fnc import FNC
from training.false_negatives.oracle import Oracle
from training.false_negatives.threshold import Threshold
from training.false_negatives.top_fraction import TopFraction
from training.false_negatives.top_k import TopK

Detecting = (
    Annotated[Threshold, subcommand("threshold")]
    | Annotated[TopK, subcommand("top-k")]
    | Annotated[TopFraction, subcommand("top-fraction")]
    | Annotated[FNC, subcommand("fnc")]
    | Annotated[Cluster, subcommand("cluster")]
    | Annotated[Oracle, subcommand("oracle")]
)
