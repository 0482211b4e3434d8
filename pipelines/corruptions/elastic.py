"""A picture drawn on rubber: tilted as a whole, then pulled here and there, alike in all frames of a clip."""

import numpy as np

from pipelines.corruptions.corruption import Frames
from pipelines.corruptions.linear import gaussian
from pipelines.corruptions.scale import Scale, to_bytes

LARGER = 244 / 224  # the published script says 244 where the side is 224
ELASTIC = Scale(
    ((0.0, 0.0, 0.08), (0.05, 0.2, 0.07), (0.08, 0.06, 0.06), (0.1, 0.04, 0.05), (0.1, 0.03, 0.03)),
    ((0.0, 0.0, 0.08), (0.05, 0.3, 0.06), (0.1, 0.08, 0.06), (0.1, 0.03, 0.03), (0.16, 0.03, 0.02)),
    (
        (2 * LARGER, 0.7 * LARGER, 0.1 * LARGER),
        (2 * LARGER, 0.08 * LARGER, 0.2 * LARGER),
        (0.05 * LARGER, 0.01 * LARGER, 0.02 * LARGER),
        (0.07 * LARGER, 0.01 * LARGER, 0.02 * LARGER),
        (0.12 * LARGER, 0.01 * LARGER, 0.02 * LARGER),
    ),
)
"""How far noise pulls, the sigma by which it is smoothed, how far corners move: all in sides of the picture."""
MIRRORED, REPEATED = 1, 0  # at the rim: the last pixel is the mirror, or is seen in it


def elastic_transform(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """Tilt, then pull. Severities of large pictures differ in kind: the first two tilt, the others ripple."""
    from pipelines.corruptions.warping import warp  # numba takes a third of a second to be imported

    side = frames.shape[1]
    pull, sigma, corner = (side * share for share in ELASTIC.at(frames, severity))
    rows, columns = np.mgrid[:side, :side].astype(np.float64)
    tilt = _tilt(side, draws.uniform(-corner, corner, (3, 2)))
    x, y = np.einsum("ij,jhw->ihw", tilt, np.stack([columns, rows, np.ones_like(rows)]))
    tilted = warp(frames.astype(np.float32), y, x, MIRRORED)
    noise = draws.uniform(-1, 1, (2, side, side)).astype(np.float32)
    right, down = pull * gaussian(side, sigma, "symmetric", 3.0)(noise[..., None])[..., 0]
    return to_bytes(warp(tilted, rows + down, columns + right, REPEATED))


def _tilt(side: int, moves: np.ndarray) -> np.ndarray:
    """Where each pixel comes from, [2, 3] on (x, y, 1), if three corners of the middle ninth move by ``moves``."""
    middle, third = side // 2, side // 3
    corners = middle + third * np.array([[1.0, 1], [1, -1], [-1, -1]])
    ones = np.ones((3, 1))
    return np.linalg.solve(np.hstack([corners + moves, ones]), corners).T
