"""How large a recoded picture becomes, and what may be asked of a recoding."""

from av.video.reformatter import Interpolation

from shards.refusal import Refusal

EXACT = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT  # swscale: alike on all processors


def fitted(height: int, width: int, side: int | None) -> tuple[int, int]:
    """Height and width with a shorter side of ``side``, or as they are if that is no smaller."""
    shorter = min(height, width)
    if side is None or shorter <= side:
        return height, width
    return round(height * side / shorter), round(width * side / shorter)


def even(height: int, width: int) -> tuple[int, int]:
    """The next smaller even sizes: H.264 has half as many samples of colour in each direction."""
    return max(height // 2 * 2, 2), max(width // 2 * 2, 2)


def refuse_outside(**bounds: tuple[float | int | None, int, int]) -> None:
    """Raise ``Refusal`` for the first (value, least, most) whose value lies outside; ``None`` never does."""
    for name, (value, least, most) in bounds.items():
        if value is not None and not least <= value <= most:
            raise Refusal(f"recode: {name} is {value:g}; choose a number from {least} to {most}")
