"""Clouds: a plane whose bumps are halved in size and lowered again and again (diamond-square)."""

import numpy as np

HEIGHT = 100.0  # whose square is the largest step of the first bumps


def plasma(side: int, decay: float, draws: np.random.Generator) -> np.ndarray:
    """float32 [side, side], 0 to 1. ``side`` is a power of two; ``decay`` lowers the next bumps, twice over."""
    from pipelines.corruptions.heaping import heap  # numba takes a third of a second to be imported

    plane = np.zeros((side, side))
    heap(plane, draws.uniform(-1, 1, side * side - 1), HEIGHT, decay)
    plane -= plane.min()
    return (plane / plane.max()).astype(np.float32)
