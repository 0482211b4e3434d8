"""decord under torch's DataLoader on the original files, then the same views and the same training step."""

import decord
import numpy as np
import torch
from clips import resized
from steps import open_step
from torch.utils.data import DataLoader, Dataset
from turns import take_turns

from pipelines.batch import Batch
from pipelines.draws import Draws
from pipelines.views import SimCLRViews


class Clips(Dataset):
    """Two clips of each video, as uint8; an index counts on through the epochs."""

    def __init__(self, task: dict):
        self.files, self.side = task["files"], task["side"]
        self.frames, self.boxes = np.load(task["frames"]), np.load(task["boxes"])

    def __getitem__(self, index: int):
        epoch, video = divmod(index, len(self.files))
        frames, boxes = (array[epoch % len(array), :, video] for array in (self.frames, self.boxes))
        wanted, where = np.unique(frames, return_inverse=True)
        pictures = torch.from_numpy(decord.VideoReader(self.files[video], num_threads=1).get_batch(wanted).asnumpy())
        cut = zip(where.reshape(frames.shape), boxes.tolist(), strict=True)
        return torch.stack([resized(pictures[torch.from_numpy(places)], box, self.side) for places, box in cut]), index


def prepare(task: dict):
    step, views, videos = open_step(task), SimCLRViews(), len(task["files"])
    order = iter(range(10**9))
    loader = iter(DataLoader(Clips(task), task["batch"], sampler=order, num_workers=task["threads"]))

    def work(add_up: bool) -> tuple[int, int]:
        count = task["passes"] * videos // task["batch"]
        for _ in range(count):
            pixels, index = next(loader)
            epochs, samples = np.divmod(index.numpy(), videos)
            draws = [Draws(0, epochs, samples, view) for view in (0, 1)]
            pair = tuple(views(pixels[:, view].contiguous(), draw) for view, draw in enumerate(draws))
            step(Batch(pair, pair[0][:, None][:, :0], torch.from_numpy(samples), None))
        return count * task["batch"] * 2, 0

    return work


take_turns(prepare, "decord", "torch", "kornia")
