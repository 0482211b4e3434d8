"""What every loader of photographs is asked to do: two crops to 224 of each picture, in the same places.

Two roads from bytes to pixels. "own" is Pillow and torchvision, which is what most loaders are used with; "same" is
libjpeg-turbo and torch's resize, which is what antipodal does, so that only formats and processes differ.
"""

import io
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

Cut = Callable[[bytes, int], Tensor]
"""From a file's content and its sample number to uint8 [views, 3, side, side]."""


def open_cut(task: dict) -> Cut:
    """A function that crops; it counts passes itself, in memory that worker processes share."""
    boxes, side = np.load(task["boxes"]), task["side"]
    passes = torch.zeros(boxes.shape[2], dtype=torch.int32).share_memory_()
    road = _same if task["road"] == "same" else _own

    def cut(content: bytes, number: int) -> Tensor:
        places = boxes[int(passes[number]) % len(boxes), :, number].tolist()
        passes[number] += 1
        return torch.stack(road(content, places, side))

    return cut


def _own(content: bytes, places: list[list[int]], side: int) -> list[Tensor]:
    from PIL import Image
    from torchvision.transforms import functional as F

    picture = Image.open(io.BytesIO(content)).convert("RGB")
    return [F.pil_to_tensor(F.resized_crop(picture, *box, [side, side])) for box in places]


def _same(content: bytes, places: list[list[int]], side: int) -> list[Tensor]:
    import simplejpeg

    picture = torch.from_numpy(simplejpeg.decode_jpeg(content, "RGB")).permute(2, 0, 1)[None]
    parts = [picture[:, :, top : top + height, left : left + width] for top, left, height, width in places]
    resize = torch.nn.functional.interpolate
    return [resize(part, (side, side), mode="bilinear", antialias=True)[0] for part in parts]


def cropped(kind: type) -> type:
    """A data set of numbered files, of another's class, that hands out crops; give it a ``cut``."""

    class Cropped(kind):
        cut = None

        def __getitem__(self, index):
            item = super().__getitem__(index)
            return self.cut(item["content"], item["number"])

    return Cropped


def drain(batches, rounds: int, add_up: bool) -> tuple[int, int]:
    """Take every batch of ``rounds`` passes. Returns: how many samples came, and the sum of their pixels."""
    count = total = 0
    for _ in range(rounds):
        for pixels in batches:
            count += len(pixels)
            total += int(pixels.sum(dtype=torch.int64)) if add_up else 0
    return count, total
