"""Clips sent as H.264 over a line that loses slices and flips bits, as a decoder shows what arrives.

No standard says how severe that is: the severities are ours. Damaged bytes are decoded in a child, so that a decoder
which they kill takes nobody with it.
"""

import atexit
import re
import threading
from functools import cache

import numpy as np

from pipelines.coded import answer, ask, encode
from pipelines.corruptions.coding import X264
from pipelines.corruptions.corruption import Frames
from shards.child import Child, Died

SLICES = 4  # of a frame: what is lost in one piece
FACTOR = (23, 26, 29, 32, 35)
"""x264's crf."""
LOST = (0.02, 0.04, 0.08, 0.15, 0.25)
"""Chance of each slice to be lost."""
FLIPPED = (1e-5, 2e-5, 5e-5, 1e-4, 2e-4)
"""Chance of each bit to be another."""
CODED = 1, 5  # kinds of units that hold slices; the others say how to decode, and are sent until they have arrived
SECONDS = 60.0
_alone = threading.Lock()  # one question at a time


def codec_damage(frames: Frames, severity: int, draws: np.random.Generator) -> Frames:
    """Compressed ever more, with ever more losses; of a frame of which nothing arrives the one before is shown."""
    options = X264 | {"crf": str(FACTOR[severity - 1]), "slices": str(SLICES)}
    packets = [
        damaged(packet, LOST[severity - 1], FLIPPED[severity - 1], draws)
        for packet in encode(frames, "libx264", options)
    ]
    return shown(packets, frames.shape)


def damaged(packet: bytes, lost: float, flipped: float, draws: np.random.Generator) -> bytes:
    """What arrives of a frame's packet, perhaps nothing."""
    arrived = []
    for unit in re.split(b"\x00?\x00\x00\x01", packet)[1:]:
        if unit[0] & 31 in CODED:
            if draws.random() < lost:
                continue
            bits = np.unpackbits(np.frombuffer(unit, np.uint8))
            unit = np.packbits(bits ^ (draws.random(len(bits)) < flipped)).tobytes()
        arrived.append(b"\x00\x00\x00\x01" + unit)
    return b"".join(arrived)


def shown(packets: list[bytes], shape: tuple[int, ...]) -> Frames:
    """What a viewer sees of such packets, black until the first frame: uint8 of ``shape``, [t, h, w, 3]."""
    frames = np.zeros(shape, np.uint8)
    try:
        with _alone:
            found = ask(_child(), packets, shape)
    except Died:
        return frames
    for number in sorted(found):
        frames[number:] = found[number]
    return frames


@cache
def _child() -> Child:
    child = Child(answer, SECONDS)
    atexit.register(child.close)
    return child
