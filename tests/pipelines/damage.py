"""Files damaged in ten ways, reproducibly."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

Damage = Callable[[bytes, np.random.Generator], bytes]


def cut_short(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: int(len(content) * rng.uniform(0.03, 0.97))]


def bits_flipped(content: bytes, rng: np.random.Generator) -> bytes:
    found = bytearray(content)
    for place in rng.integers(len(found), size=rng.integers(1, 20)):
        found[place] ^= 1 << rng.integers(8)
    return bytes(found)


def header_broken(content: bytes, rng: np.random.Generator) -> bytes:
    return rng.bytes(32) + content[32:]


def middle_zeroed(content: bytes, rng: np.random.Generator) -> bytes:
    start = int(len(content) * rng.uniform(0.2, 0.6))
    length = int(len(content) * rng.uniform(0.05, 0.3))
    return content[:start] + bytes(length) + content[start + length :]


def middle_missing(content: bytes, rng: np.random.Generator) -> bytes:
    start = int(len(content) * rng.uniform(0.2, 0.6))
    return content[:start] + content[start + int(len(content) * rng.uniform(0.05, 0.3)) :]


def emptied(content: bytes, rng: np.random.Generator) -> bytes:
    return b""


def text_instead(content: bytes, rng: np.random.Generator) -> bytes:
    return b"<html>404 Not Found</html>\n" * int(rng.integers(1, 200))


def noise_instead(content: bytes, rng: np.random.Generator) -> bytes:
    return rng.bytes(len(content))


def garbage_behind(content: bytes, rng: np.random.Generator) -> bytes:
    return content + rng.bytes(int(rng.integers(1, 3000)))


def huge_png(content: bytes, rng: np.random.Generator) -> bytes:
    """A PNG that claims 65,536 by 65,536 pixels."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    png = file.getvalue()
    header = b"IHDR" + struct.pack(">II", 2**16, 2**16) + png[24:29]
    return png[:12] + header + struct.pack(">I", zlib.crc32(header)) + png[33:]


def odd_but_legal(content: bytes, rng: np.random.Generator) -> bytes:
    """What a .jpg may turn out to be: inked in CMYK, a PNG with a palette, a WebP, a GIF, a PNG of 16 bits."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    deep = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    mode, form = [("CMYK", "JPEG"), ("P", "PNG"), ("RGBA", "WEBP"), ("P", "GIF"), ("I;16", "PNG")][rng.integers(5)]
    file = io.BytesIO()
    (deep if mode == "I;16" else picture.convert(mode)).save(file, form)
    return file.getvalue()


COMMON = (cut_short, bits_flipped, header_broken, middle_zeroed, middle_missing, emptied, text_instead, garbage_behind)
OF_IMAGES: tuple[Damage, ...] = (*COMMON, huge_png, odd_but_legal)
OF_VIDEOS: tuple[Damage, ...] = (*COMMON, noise_instead)
FATAL = {"emptied", "text_instead", "noise_instead", "huge_png"}
"""Nothing is left that could be decoded."""


def damaged(files: dict[str, bytes], kinds: tuple[Damage, ...], count: int, seed: int = 0) -> dict[str, bytes]:
    """``count`` damaged copies of each kind, named KIND-NUMBER.EXTENSION."""
    rng, names = np.random.default_rng(seed), sorted(files)
    found = {}
    for kind in kinds:
        for number in range(count):
            name = names[rng.integers(len(names))]
            found[f"{kind.__name__}-{number}.{name.rpartition('.')[2]}"] = kind(files[name], rng)
    return found
