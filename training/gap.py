"""How much of the gap between contrastive and supervised training is closed.

G = 100 (ours - contrastive) / (supervised - contrastive), of accuracies on changed samples: after the abstract of
2207.10862, which closes "up to 68 %". Cells with less than 2 points of gap are left out: there G is mostly noise.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from training.paired import Bootstrap, Drawn

LEAST = 2.0  # points
AS_THEY_ARE = ("knn", "linear")  # parts whose samples nobody changed


def changed(cell: str) -> bool:
    """Whether a cell's samples were changed, by an attack, noise, a corruption: not so at radius 0."""
    part, *what, _ = cell.split("/")
    return part not in AS_THEY_ARE and what[:1] != ["0"]


def gap_closed(
    drawn: Mapping[str, Mapping[str, Drawn]], ours: str, contrast: str, supervised: str, bootstrap: Bootstrap
) -> dict[str, Any]:
    """By cell the gap in points, how much of it is closed in percent, and the interval of that; most and mean.

    Empty, if no cell has a gap.
    """
    cells, closings = {}, []
    for cell, groups in drawn.items():
        gap = groups[supervised].mean - groups[contrast].mean
        if not changed(cell) or gap < LEAST:
            continue
        closed = 100 * (groups[ours].mean - groups[contrast].mean) / gap
        with np.errstate(divide="ignore", invalid="ignore"):
            draws = (groups[ours].draws - groups[contrast].draws) / (groups[supervised].draws - groups[contrast].draws)
        low, high = bootstrap.interval(np.nan_to_num(100 * draws, nan=closed))
        cells[cell] = {"gap": gap, "closed": closed, "low": low, "high": high, "samples": groups[ours].samples}
        closings.append(draws)
    if not cells:
        return {}
    closed = [one["closed"] for one in cells.values()]
    low, high = bootstrap.interval(100 * np.nan_to_num(np.stack(closings)).mean(0))
    return {"cells": cells, "most": max(closed), "mean": float(np.mean(closed)), "low": low, "high": high}
