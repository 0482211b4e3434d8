"""Images made smaller."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PIL import Image

from shards.encode import jpeg
from shards.media import Kind
from shards.opening import picture, readable
from shards.recode.fit import fitted, refuse_outside
from shards.recode.part import Part
from shards.refusal import Refusal

SATURATED = ("I;16", "I;16B", "I;16L", "I", "F")  # modes that Pillow cuts off at 255 on their way to RGB


@dataclass(frozen=True)
class Smaller:
    """Shrink larger images (Pillow's Lanczos, antialiased) and store them as JPEG; others keep their bytes."""

    kind: ClassVar[Kind] = "image"
    side: int = 256
    """The shorter side, in pixels."""
    quality: int = 90
    """JPEG quality, 1 to 95."""

    def __post_init__(self) -> None:
        refuse_outside(side=(self.side, 1, 16384), quality=(self.quality, 1, 95))

    def __call__(self, extension: str, content: bytes, segment: tuple[float, float] | None) -> Iterator[Part]:
        with readable(extension, content), picture(content) as image:
            height, width = fitted(image.height, image.width, self.side)
            if (height, width) == (image.height, image.width):
                media = {extension: content}
            elif image.mode in SATURATED:
                raise Refusal(
                    f"its pixels have more than 8 bits ({image.mode}), which would be cut off; scale them first"
                )
            else:  # neither turned by its EXIF tag nor blended by its alpha, as the decoders show it
                small = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
                media = {"jpg": jpeg(np.asarray(small), self.quality)}
        yield Part("", media, (0, 1, 1))
