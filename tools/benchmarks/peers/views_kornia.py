"""Kornia's own random classes on the batch; crops are cut by torchvision, for Kornia's are slow on a CPU."""

import io

import kornia.augmentation as K
import torch
from PIL import Image
from torchvision.transforms import v2
from turns import take_turns
from views import JITTER, SCALE, SIGMA, open_views


def prepare(task: dict):
    crop, width = v2.RandomResizedCrop(task["side"], SCALE), task["side"] // 20 * 2 + 1
    augment = K.AugmentationSequential(
        K.RandomHorizontalFlip(p=0.5), K.ColorJitter(*JITTER, p=0.8), K.RandomGrayscale(p=0.2),
        K.RandomGaussianBlur((width, width), SIGMA, p=0.5),
    )  # fmt: skip

    def two(content: bytes):
        picture = Image.open(io.BytesIO(content)).convert("RGB")
        return torch.stack([v2.functional.pil_to_tensor(crop(picture)) for _ in range(2)])

    def on_batch(pixels):
        views = augment(pixels.flatten(0, 1).float() / 255)
        return views.unflatten(0, (-1, 2))

    return open_views(task, two, on_batch)


take_turns(prepare, "kornia", "torch", "torchvision", "pillow")
