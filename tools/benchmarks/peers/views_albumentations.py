"""albumentations on OpenCV's pictures under torch's DataLoader."""

import albumentations as A
import cv2
import numpy as np
import torch
from turns import take_turns
from views import JITTER, SCALE, SIGMA, open_views


def prepare(task: dict):
    cv2.setNumThreads(1)
    side, width = task["side"], task["side"] // 20 * 2 + 1
    view = A.Compose([
        A.RandomResizedCrop((side, side), SCALE), A.HorizontalFlip(p=0.5), A.ColorJitter(
            *((max(0.0, 1 - s), 1 + s) for s in JITTER[:3]), JITTER[3], p=0.8), A.ToGray(p=0.2),
        A.GaussianBlur((width, width), SIGMA, p=0.5),
    ])  # fmt: skip

    def two(content: bytes):
        picture = cv2.cvtColor(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        views = np.stack([view(image=picture)["image"] for _ in range(2)])
        return torch.from_numpy(views).permute(0, 3, 1, 2).float() / 255

    return open_views(task, two)


take_turns(prepare, "albumentations", "torch")
