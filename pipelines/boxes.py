"""Which part of a picture is seen: integer boxes (top, left, height, width), for decoders to execute."""

import numpy as np

from pipelines.draws import Draws

TRIES = 10


def random_boxes(
    extent: np.ndarray, draws: Draws, scale: tuple[float | np.ndarray, float], ratio: tuple[float, float]
) -> np.ndarray:
    """Boxes of random area and aspect: the law of torchvision's ``RandomResizedCrop``, vectorised.

    Args:
        extent: Height and width of each picture, int [b, 2].
        scale: Smallest and largest share of the area; the smallest may be each picture's own, float64 [b, 1].
        ratio: Smallest and largest width over height; its logarithm is uniform.

    Returns: int64 [b, 4]. The first of ten tries that fits is taken, else the largest centred box of a legal aspect.
    """
    height, width = (extent[:, [axis]].astype(np.float64) for axis in (0, 1))
    share = draws.uniform("crop area", TRIES, *scale)
    aspect = np.exp(draws.uniform("crop aspect", TRIES, *np.log(ratio)))
    tall = np.round(np.sqrt(height * width * share / aspect))
    wide = np.round(np.sqrt(height * width * share * aspect))
    fits = (tall > 0) & (tall <= height) & (wide > 0) & (wide <= width)
    first = np.argmax(fits, axis=1)[:, None]
    sides = np.concatenate([np.take_along_axis(tall, first, 1), np.take_along_axis(wide, first, 1)], axis=1)
    sides = np.where(fits.any(axis=1, keepdims=True), sides, _largest(height, width, ratio)).astype(np.int64)
    corners = draws.below("crop corner", extent - sides + 1, 2)
    centred = (extent - sides) // 2
    return np.concatenate([np.where(fits.any(axis=1, keepdims=True), corners, centred), sides], axis=1)


def _largest(height: np.ndarray, width: np.ndarray, ratio: tuple[float, float]) -> np.ndarray:
    tall = np.minimum(height, np.round(width / ratio[0]))
    wide = np.minimum(width, np.round(height * ratio[1]))
    return np.maximum(np.concatenate([tall, wide], axis=1), 1)


def centre_boxes(extent: np.ndarray, share: float = 1.0) -> np.ndarray:
    """The centred square whose side is ``share`` of the shorter side: int64 [b, 4]."""
    side = np.maximum(np.round(extent.min(axis=1, keepdims=True) * share), 1).astype(np.int64)
    return np.concatenate([(extent - side) // 2, side, side], axis=1)
