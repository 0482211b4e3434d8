"""What every decoder of videos is asked to do: two clips of each video, in the same places, resized by torch."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

Read = Callable[[bytes, np.ndarray], Tensor]
"""Frames of a file by their numbers, which rise: uint8 [n, height, width, 3] in memory of any order."""


def open_clips(task: dict, read: Read):
    """A turn: every video of so many passes, on threads, each video decoded by one thread."""
    torch.set_num_threads(1)
    files = [Path(file).read_bytes() for file in task["files"]]
    frames, boxes = np.load(task["frames"]), np.load(task["boxes"])  # passes, views, videos, …
    pool, side, turns = ThreadPoolExecutor(task["threads"]), task["side"], iter(range(10**9))

    def clips(place: tuple[int, int]) -> Tensor:
        number, video = place
        wanted, where = np.unique(frames[number, :, video], return_inverse=True)
        pictures = read(files[video], wanted)
        cut = zip(where.reshape(frames[number, :, video].shape), boxes[number, :, video].tolist(), strict=True)
        return torch.stack([resized(pictures[torch.from_numpy(places)], box, side) for places, box in cut])

    def work(add_up: bool) -> tuple[int, int]:
        turn, count, total = next(turns), 0, 0
        passes = (np.arange(task["passes"]) + turn * task["passes"]) % len(frames)
        for pixels in pool.map(clips, [(int(number), video) for number in passes for video in range(len(files))]):
            count += len(pixels)
            total += int(pixels.sum(dtype=torch.int64)) if add_up else 0
        return count, total

    return work


def resized(pictures: Tensor, box: list[int], side: int) -> Tensor:
    top, left, height, width = box
    part = pictures[:, top : top + height, left : left + width].permute(0, 3, 1, 2)
    return torch.nn.functional.interpolate(part, (side, side), mode="bilinear", antialias=True)
