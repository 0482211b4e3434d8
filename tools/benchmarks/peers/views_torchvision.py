"""torchvision's transforms v2 under torch's DataLoader: on tensors, or on Pillow's pictures."""

import io

import torch
from PIL import Image
from torchvision.io import ImageReadMode, decode_image
from torchvision.transforms import v2
from turns import take_turns
from views import JITTER, SCALE, SIGMA, open_views


def prepare(task: dict):
    view = v2.Compose([
        v2.RandomResizedCrop(task["side"], SCALE, antialias=True), v2.RandomHorizontalFlip(),
        v2.RandomApply([v2.ColorJitter(*JITTER)], 0.8), v2.RandomGrayscale(0.2),
        v2.RandomApply([v2.GaussianBlur(task["side"] // 20 * 2 + 1, SIGMA)], 0.5),
        v2.ToImage(), v2.ToDtype(torch.float32, scale=True),
    ])  # fmt: skip

    def two(content: bytes):
        if task["backend"] == "tensors":
            picture = decode_image(torch.frombuffer(bytearray(content), dtype=torch.uint8), ImageReadMode.RGB)
        else:
            picture = Image.open(io.BytesIO(content)).convert("RGB")
        return torch.stack([view(picture), view(picture)])

    return open_views(task, two)


take_turns(prepare, "torchvision", "torch", "pillow")
