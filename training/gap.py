"""How much of the gap between contrastive and supervised training is closed.

G = 100 (ours - contrastive) / (supervised - contrastive), of accuracies on changed samples: after the abstract of
2207.10862, which closes "up to 68 %". Cells with less than 2 points of gap are left out: there G is mostly noise.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipelines.corruptions import EXTRA, MOTION, STANDARD
from training.paired import Bootstrap, Drawn

LEAST = 2.0  # points
FAMILIES = {
    "attacks": ("pgd", "pgd-l2", "fgsm", "sparse", "universal", "auto-linf", "auto-l2"),
    "corruptions": tuple(one.name for one in STANDARD + EXTRA + MOTION),
    "shifts": ("shift",),
}
"""Ways to change samples, by the parts that cells are named after; no other cell tells of robustness."""


def family(cell: str) -> str:
    """In which way a cell's samples were changed; "" if nobody changed them: so too at radius 0."""
    part, *what, _ = cell.split("/")
    return next((name for name, parts in FAMILIES.items() if part in parts and what[:1] != ["0"]), "")


def gap_closed(
    drawn: Mapping[str, Mapping[str, Drawn]], ours: str, contrast: str, supervised: str, bootstrap: Bootstrap
) -> dict[str, dict[str, Any]]:
    """By family and cell the gap in points, how much is closed in percent, and the interval of that; most and mean.

    Families without any gap are not there. In a resample a gap counts as 2 points at least, lest the quotient fly off.
    """
    found = {}
    for name in FAMILIES:
        cells, closings = {}, []
        for cell, groups in drawn.items():
            gap = groups[supervised].mean - groups[contrast].mean
            if family(cell) != name or gap < LEAST:
                continue
            closed = 100 * (groups[ours].mean - groups[contrast].mean) / gap
            gaps = np.maximum(groups[supervised].draws - groups[contrast].draws, LEAST)  # a resample may have none
            draws = 100 * (groups[ours].draws - groups[contrast].draws) / gaps
            low, high = bootstrap.interval(draws)
            cells[cell] = {"gap": gap, "closed": closed, "low": low, "high": high, "samples": groups[ours].samples}
            closings.append(draws)
        if cells:
            closed = [one["closed"] for one in cells.values()]
            low, high = bootstrap.interval(np.mean(closings, 0))
            found[name] = {
                "cells": cells, "most": max(closed), "mean": float(np.mean(closed)), "low": low, "high": high,
            }  # fmt: skip
    return found
