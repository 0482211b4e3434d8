"""Clips whose time runs otherwise: every frame that is shown is one of the clip's own.

No standard says how severe these are. The severities are ours: steps that can be told apart in a clip of 16 frames.
Of a clip of one frame nothing changes.
"""

import numpy as np

from pipelines.corruptions.corruption import Frames

DROPPED = (0.1, 0.25, 0.4, 0.6, 0.8)
"""Chance of each frame but the first to be lost."""
RATE = (1.25, 1.5, 2.0, 3.0, 4.0)
"""How many times as fast or as slow a clip runs."""
REACH = (1.0, 1.5, 2.5, 4.0, 8.0)
"""Frames by which one is moved at most, to and fro, before all are put in order again."""
STILL = (0.2, 0.35, 0.5, 0.7, 0.9)
"""Share of the clip for which the picture stands still."""


def frame_drop(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """Frames are lost; each lost one shows the last before it that is not."""
    kept = draws.random(len(frames)) >= DROPPED[severity - 1]
    kept[0] = True
    return frames[np.maximum.accumulate(np.where(kept, np.arange(len(frames)), 0))]


def rate_change(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """By a coin, faster, from the start again where the clip is over, or slower, with frames shown several times."""
    rate, places = RATE[severity - 1], np.arange(len(frames))
    shown = places * rate if draws.random() < 0.5 else places / rate
    return frames[np.floor(shown).astype(np.int64) % len(frames)]


def jitter(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """Frames arrive in another order, each near its place."""
    moved = np.arange(len(frames)) + draws.uniform(-1, 1, len(frames)) * REACH[severity - 1]
    return frames[np.argsort(moved, kind="stable")]


def freeze(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """From a drawn frame on the picture stands still; after a while it is where it would have been."""
    still = round(STILL[severity - 1] * len(frames))
    first = int(draws.integers(len(frames) - still + 1))
    shown = np.arange(len(frames))
    shown[first : first + still] = min(first, len(frames) - 1)
    return frames[shown]
