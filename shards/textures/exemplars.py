"""What a texture is grown from: two patches of the picture itself, one from its middle and one from anywhere."""

import numpy as np

from shards.refusal import Refusal

LARGEST = 96  # pixels, the published exemplars of 224 pixel textures (Ge et al., 2021) …
SHARE = (3, 7)  # … which is this share of the side, so that small pictures are not copied whole
LARGEST_TEXTURE = 224


def check_side(side: int | None) -> None:
    if side is not None and side < 1:
        raise Refusal(f"a texture's side must be at least 1 pixel, got {side}")


def texture_side(picture: np.ndarray, side: int | None) -> int:
    """Height and width of a picture's texture: ``side``, else the smaller one of 224 and the picture's shorter side."""
    return side or min(LARGEST_TEXTURE, *picture.shape[:2])


def exemplars(picture: np.ndarray, words: tuple[int, int]) -> np.ndarray:
    """Two square patches, uint8 [2, e, e, 3], of a picture [h, w, 3] in its own resolution.

    Args:
        words: Two random numbers of 32 bits: where the second patch lies.
    """
    shorter = min(picture.shape[:2])
    edge = max(min(LARGEST, (2 * shorter * SHARE[0] + SHARE[1]) // (2 * SHARE[1])), 1)
    room = [length - edge for length in picture.shape[:2]]
    corners = [[free // 2 for free in room], [word * (free + 1) >> 32 for word, free in zip(words, room, strict=True)]]
    return np.stack([picture[top : top + edge, left : left + edge] for top, left in corners])


def pyramid(patches: np.ndarray, levels: int) -> np.ndarray:
    """The patches from blurred to sharp, all of one size: uint8 [levels, n, e, e, 3], in integers throughout.

    Each level is the next sharper one after a binomial filter of five taps, 1, 2, 4 … pixels apart: standard deviations
    of 1, 2.2, 4.6 and 9.2 pixels. What lies outside of a patch is taken to be like its edge.
    """
    found = [patches]
    for level in range(levels - 1):
        blurred = found[0].astype(np.int32)
        for axis in (1, 2):
            blurred = _binomial(blurred, axis, 2**level)
        found.insert(0, ((blurred + 128) >> 8).astype(np.uint8))
    return np.stack(found)


def _binomial(values: np.ndarray, axis: int, apart: int) -> np.ndarray:
    length = values.shape[axis]
    reach = [np.clip(np.arange(length) + tap * apart, 0, length - 1) for tap in (-2, -1, 0, 1, 2)]
    far, near, here, close, distant = (values.take(places, axis) for places in reach)
    return far + distant + 4 * (near + close) + 6 * here
