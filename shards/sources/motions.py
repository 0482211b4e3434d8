"""What a generated object does: eight motions that no single frame gives away.

Every motion keeps one law over poses: place uniform in a disc, size log-uniform, angle uniform, independent of each
other. It starts anywhere in that law and moves in a way that preserves it, so each frame of each class is drawn alike.
None has a left or a right, because a mirrored clip must keep its class.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Numbers = np.ndarray | float


@dataclass(frozen=True)
class Pose:
    """Where the object is, in uniform coordinates; a scalar for a moment, an array for a clip."""

    x: Numbers
    """Horizontal place, -1 … 1."""
    y: Numbers
    """Vertical place, -1 … 1, downwards; ``x**2 + y**2`` is at most 1."""
    size: Numbers
    """0 … 1, from the smallest to the largest."""
    angle: Numbers
    """In turns."""


Motion = Callable[[Pose, np.ndarray], dict[str, Numbers]]


def still(start: Pose, turns: np.ndarray) -> dict[str, Numbers]:
    return {}


def rise(start: Pose, turns: np.ndarray) -> dict[str, Numbers]:
    return {"y": _again(start.y, start.x, -abs(turns))}


def fall(start: Pose, turns: np.ndarray) -> dict[str, Numbers]:
    return {"y": _again(start.y, start.x, abs(turns))}


def drift(start: Pose, turns: np.ndarray) -> dict[str, Numbers]:
    return {"x": _again(start.x, start.y, turns)}


def spin(start: Pose, turns: np.ndarray) -> dict[str, Numbers]:
    return {"angle": start.angle + turns}


def grow(start: Pose, turns: np.ndarray) -> dict[str, Numbers]:
    return {"size": (start.size + abs(turns)) % 1}


def shrink(start: Pose, turns: np.ndarray) -> dict[str, Numbers]:
    return {"size": (start.size - abs(turns)) % 1}


def orbit(start: Pose, turns: np.ndarray) -> dict[str, Numbers]:
    place = (start.x + 1j * start.y) * np.exp(2j * np.pi * turns)
    return {"x": place.real, "y": place.imag}


def _again(along: Numbers, across: Numbers, turns: np.ndarray) -> np.ndarray:
    """Across the disc at constant speed, and in again on the other side."""
    half = np.sqrt(1 - across**2)
    return ((along / half + 1) / 2 + turns) % 1 * 2 * half - half


MOTIONS: dict[str, Motion] = {
    motion.__name__: motion for motion in (still, rise, fall, drift, spin, grow, shrink, orbit)
}


def move(motion: Motion, start: Pose, turns: np.ndarray) -> Pose:
    """The clip of poses that ``motion`` makes of ``start``; ``turns`` are signed cycles since the first frame."""
    poses = {name: np.broadcast_to(value, turns.shape) for name, value in vars(start).items()}
    return Pose(**(poses | motion(start, turns)))
